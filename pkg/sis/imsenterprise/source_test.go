package imsenterprise_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/imsenterprise"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestSource(t *testing.T) {
	sistest.Source(t, sistest.Maker{
		Faults: []sistest.Fault{sistest.BadRow, sistest.Cut, sistest.Down}, Carries: carried,
		Make: func(t testing.TB, holds sistest.Campus, goesWrong sistest.Fault) sistest.System {
			path := filepath.Join(t.TempDir(), "campus.xml")
			write := func(c sistest.Campus) { save(t, path, written(c, goesWrong)) }
			if goesWrong != sistest.Down {
				write(holds)
			}
			return sistest.System{Source: imsenterprise.XML{Path: path, Complete: true}, Replace: write}
		},
	})
}

// carried is what the format can say: terms are terms without parents, and
// registrations have no ids.
func carried(c sistest.Campus) sistest.Campus {
	for i := range c.Terms {
		c.Terms[i].Kind, c.Terms[i].Parent = "term", ""
	}
	for i, g := range c.Registrations {
		c.Registrations[i].Key = g.Section + "/" + g.Person + "/" + string(g.Role)
	}
	return c
}

// save writes a file that nobody has changed for an hour.
func save(t testing.TB, path, text string) {
	t.Helper()
	long := time.Now().Add(-time.Hour)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
}

func written(c sistest.Campus, goesWrong sistest.Fault) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<!DOCTYPE enterprise SYSTEM \"ims_epv1p1.dtd\">\n<enterprise>\n<properties lang=\"en\"><datasource>Registrar</datasource></properties>\n")
	for i, p := range c.Persons {
		status := "1"
		if goesWrong == sistest.BadRow && i == 3 {
			status = "9"
		}
		b.WriteString(personOf(p, status))
	}
	for _, t := range c.Terms {
		fmt.Fprintf(&b, "<group>%s<grouptype><scheme>Luminis</scheme><typevalue level=\"1\">Term</typevalue></grouptype><description><short>T</short><long>%s</long></description>%s</group>\n",
			idOf(t.Key), t.Title, timeOf(t.Start, t.End, "0"))
	}
	for _, s := range c.Sections {
		fmt.Fprintf(&b, "<group>%[1]s<grouptype><scheme>Luminis</scheme><typevalue level=\"1\">Course</typevalue></grouptype><description><long>%[2]s</long></description></group>\n", idOf("c-"+s.Key), s.Course)
		fmt.Fprintf(&b, "<group recstatus=\"2\">%s<grouptype><scheme>Luminis</scheme><typevalue level=\"1\">CourseSection</typevalue></grouptype><description><short>x</short><long>%s</long><full>%s</full></description><org><orgname>%s</orgname></org>%s%s</group>\n",
			idOf(s.Key), s.Code, s.Title, s.School, relationOf("Term", s.Terms[0]), relationOf("Course", "c-"+s.Key))
	}
	for _, g := range c.Registrations {
		kind := map[sis.Role]string{sis.Student: "01", sis.Teacher: "02"}[g.Role]
		fmt.Fprintf(&b, "<membership>%s<member>%s<idtype>1</idtype><role roletype=\"%s\"><status>1</status>%s</role></member></membership>\n",
			idOf(g.Section), idOf(g.Person), kind, timeOf(g.Begin, g.End, "1"))
	}
	b.WriteString("</enterprise>\n")
	if goesWrong == sistest.Cut {
		return b.String()[:b.Len()/2]
	}
	return b.String()
}

func personOf(p sis.Person, status string) string {
	kind := map[sis.Role]string{sis.Student: "Student", sis.Teacher: "Faculty"}[p.Roles[0]]
	return fmt.Sprintf("<person recstatus=\"%s\">%s<userid useridtype=\"SCTID\">N1</userid><userid useridtype=\"Logon ID\">%s</userid>"+
		"<name><fn>x</fn><n><family>%s</family><given>%s</given></n></name><email>%s</email><institutionrole institutionroletype=\"%s\" primaryrole=\"No\"/></person>\n",
		status, idOf(p.Key), escaped(p.Username), escaped(p.Family), escaped(p.Given), escaped(p.Email), kind)
}

func escaped(text string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic(err) // a buffer
	}
	return b.String()
}

func idOf(key string) string {
	return "<sourcedid><source>Registrar</source><id> " + escaped(key) + " </id></sourcedid>"
}

func relationOf(label, key string) string {
	return "<relationship relation=\"1\">" + idOf(key) + "<label>" + label + "</label></relationship>"
}

func timeOf(start, end sis.Date, restrict string) string {
	last := end.In(time.UTC).AddDate(0, 0, -1).Format(time.DateOnly)
	return fmt.Sprintf("<timeframe><begin restrict=\"%[1]s\">%[2]s</begin><end restrict=\"%[1]s\">%[3]s</end></timeframe>", restrict, start, last)
}
