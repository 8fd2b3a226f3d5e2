package imsenterprise_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/imsenterprise"
)

// pulled pulls a stream of a file that says this within its one element.
func pulled(t testing.TB, stream sis.Stream, elements string) ([]sis.Record, error) {
	t.Helper()
	return pulledFrom(t, stream, "<enterprise>"+elements+"</enterprise>")
}

func pulledFrom(t testing.TB, stream sis.Stream, text string) (all []sis.Record, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "campus.xml")
	save(t, path, text)
	source := imsenterprise.XML{Path: path}
	id, err := source.Snapshot(context.Background())
	if err != nil {
		return nil, err
	}
	result, err := source.Pull(context.Background(), sis.Request{Snapshot: id, Stream: stream}, func(r sis.Record) error {
		all = append(all, r)
		return nil
	})
	if result.Complete || result.Rows != len(all) {
		t.Errorf("result = %+v of %d records of a file that may not hold everything", result, len(all))
	}
	return all, err
}

func pull(t testing.TB, stream sis.Stream, elements string) []sis.Record {
	t.Helper()
	all, err := pulled(t, stream, elements)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func section(id, more string) string {
	return "<group>" + idOf(id) + "<description><short>ALG</short><long>Algebra</long></description>" + more + "</group>"
}

func day(year, month, d int) sis.Date {
	date, err := sis.ParseDate(fmt.Sprintf("%04d-%02d-%02d", year, month, d))
	if err != nil {
		panic(err)
	}
	return date
}

func TestASectionsOrgIsItsTermWhereNoGroupIsOne(t *testing.T) {
	frame := func(begin, end string) string {
		return "<org><orgname>North</orgname><orgunit>Autumn</orgunit></org><timeframe><begin>" + begin + "</begin><end>" + end + "</end></timeframe>"
	}
	elements := section("a", frame("2026-09-07", "2026-12-18")) + section("b", frame("2026-09-01", "2026-11-30"))

	if diff := cmp.Diff([]sis.Record{{Key: "Autumn", Where: "campus.xml:1", Term: &sis.Term{
		Key: "Autumn", Title: "Autumn", Kind: "term", Start: day(2026, 9, 1), End: day(2026, 12, 19),
	}}}, pull(t, sis.Terms, elements)); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
	want := &sis.Section{Key: "a", Title: "Algebra", Code: "ALG", Terms: []string{"Autumn"}, School: "North"}
	if diff := cmp.Diff(want, pull(t, sis.Sections, elements)[0].Section); diff != "" {
		t.Errorf("section (-want +got):\n%s", diff)
	}
}

func TestReadsTheDialectOfBannerAndLuminis(t *testing.T) {
	luminis := func(value string) string {
		return "<grouptype><scheme>Luminis</scheme><typevalue level=\"1\">" + value + "</typevalue></grouptype>"
	}
	elements := "<group>" + idOf("202610") + luminis("Term") + "<description><long>Fall 2026</long></description>" + timeOf(day(2026, 8, 24), day(2026, 12, 19), "0") + "</group>" +
		"<group>" + idOf("NORTH") + luminis("College") + "</group>" +
		section("10001.202610", luminis("CourseSection")+"<extension><luminisgroup><deliverysystem>MOODLE</deliverysystem></luminisgroup></extension>") +
		section("10002.202610", luminis("CourseSection")) +
		section("XLSAB202610", luminis("CrossListedSection")) +
		"<membership>" + idOf("XLSAB202610") + "<member>" + idOf("10001.202610") + "<idtype>2</idtype><role roletype=\"02\"><status>1</status></role></member>" +
		"<member>" + idOf("10002.202610") + "<idtype>2</idtype><role roletype=\"02\"><status>1</status></role></member></membership>"

	var got []string
	for _, r := range pull(t, sis.Sections, elements) {
		s := r.Section
		got = append(got, strings.Join([]string{s.Key, s.Code, s.Terms[0], s.Provider, s.CrossList}, "|"))
	}
	want := []string{"10001.202610|Algebra|202610|MOODLE|XLSAB202610", "10002.202610|Algebra|202610||XLSAB202610"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
	if got := pull(t, sis.Registrations, elements); len(got) != 0 {
		t.Errorf("registrations = %+v, want none: the members are groups", got)
	}
}

func role(attributes, within string) string {
	return "<membership>" + idOf("s") + "<member>" + idOf("p") + "<role " + attributes + ">" + within + "</role></member></membership>"
}

func TestARoleSaysWhetherSomebodyIsThere(t *testing.T) {
	for name, test := range map[string]struct {
		xml   string
		role  sis.Role
		ended bool
	}{
		"a learner":          {role(`roletype="01"`, "<status>1</status>"), sis.Student, false},
		"without a zero":     {role(`roletype="2"`, ""), sis.Teacher, false},
		"in words":           {role(`roletype="Teaching Assistant"`, ""), sis.Assistant, false},
		"dropped":            {role(`roletype="01" recstatus="3"`, "<status>1</status>"), sis.Student, true},
		"inactive":           {role(`roletype="01"`, "<status>0</status>"), sis.Student, true},
		"in capital letters": {strings.ToUpper(role(`roletype="01"`, "")), sis.Student, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := pull(t, sis.Registrations, test.xml)
			if len(got) != 1 || got[0].Registration == nil || got[0].Registration.Role != test.role || got[0].Deleted != test.ended {
				t.Errorf("records = %+v, want a %s, ended %t", got, test.role, test.ended)
			}
		})
	}
	t.Run("row 20: student and teacher of one course", func(t *testing.T) {
		both := "<membership>" + idOf("s") + "<member>" + idOf("p") + `<role roletype="01"/><role roletype="02"/></member></membership>`
		if got := pull(t, sis.Registrations, both); len(got) != 2 || got[0].Key == got[1].Key {
			t.Errorf("records = %+v, want two", got)
		}
	})
	t.Run("dates count if they restrict", func(t *testing.T) {
		frame := func(restrict string) string { return timeOf(day(2026, 9, 1), day(2026, 10, 1), restrict) }
		if got := pull(t, sis.Registrations, role(`roletype="01"`, frame("1")))[0].Registration; got.Begin != day(2026, 9, 1) || got.End != day(2026, 10, 1) {
			t.Errorf("registration = %+v, want its dates", got)
		}
		if got := pull(t, sis.Registrations, role(`roletype="01"`, frame("0")))[0].Registration; !got.Begin.IsZero() || !got.End.IsZero() {
			t.Errorf("registration = %+v, want the term's dates", got)
		}
	})
}

func TestPeopleHaveTheRolesThatTheyHaveAnywhere(t *testing.T) {
	who := "<person>" + idOf("p") + "<name><n><given>Sam</given><family>O&apos;Brien &#x1F600;</family></n></name>" + "</person>"
	got := pull(t, sis.Persons, who+role(`roletype="08"`, "")+role(`roletype="01" recstatus="3"`, ""))[0]
	want := &sis.Person{Key: "p", Username: "p", Given: "Sam", Family: "O'Brien 😀", Roles: []sis.Role{sis.Assistant}, Enabled: true}
	if diff := cmp.Diff(want, got.Person); diff != "" {
		t.Errorf("person (-want +got):\n%s", diff)
	}
}

func TestBadInput(t *testing.T) {
	frame := func(begin, end string) string {
		return `<timeframe><begin restrict="1">` + begin + `</begin><end restrict="1">` + end + `</end></timeframe>`
	}
	who := func(given string) string {
		return "<person>" + idOf("p") + "<name><n><given>" + given + "</given><family>Okafor</family></n></name></person>"
	}
	for name, test := range map[string]struct {
		stream sis.Stream
		xml    string
		code   string
	}{
		"row 21: 31 February":              {sis.Registrations, role(`roletype="01"`, frame("2026-02-31", "")), "BAD_DATE"},
		"row 21: a zero date":              {sis.Registrations, role(`roletype="01"`, frame("", "0000-00-00")), "BAD_DATE"},
		"row 21: month or day first":       {sis.Registrations, role(`roletype="01"`, frame("03/04/2026", "")), "BAD_DATE"},
		"row 21: begins after its end":     {sis.Registrations, role(`roletype="01"`, frame("2026-09-03", "2026-09-01")), "DATE_RANGE"},
		"row 24: a name of 300 characters": {sis.Persons, who(strings.Repeat("x", 300)), "TOO_LONG"},
		"row 25: a status nobody knows":    {sis.Registrations, role(`roletype="01"`, "<status>perhaps</status>"), "BAD_ENUM"},
		"row 25: a recstatus nobody knows": {sis.Registrations, role(`roletype="01" recstatus="4"`, ""), "BAD_ENUM"},
		"row 25: a role nobody knows":      {sis.Registrations, role(`roletype="Wizard"`, ""), "BAD_ENUM"},
		"a mentor":                         {sis.Registrations, role(`roletype="06"`, ""), "ROLE_UNMAPPED"},
		"no role":                          {sis.Registrations, "<membership>" + idOf("s") + "<member>" + idOf("p") + "</member></membership>", "REQ_FIELD_MISSING"},
		"no group":                         {sis.Registrations, "<membership><member>" + idOf("p") + `<role roletype="01"/></member></membership>`, "REQ_FIELD_MISSING"},
		"no name":                          {sis.Persons, who(" "), "REQ_FIELD_MISSING"},
		"a section without a term":         {sis.Sections, section("s", ""), "REQ_FIELD_MISSING"},
		"an org without dates":             {sis.Terms, section("s", "<org><orgunit>Autumn</orgunit></org>"), "REQ_FIELD_MISSING"},
	} {
		t.Run(name, func(t *testing.T) {
			got := pull(t, test.stream, test.xml)
			if len(got) != 1 || got[0].Problem == nil || got[0].Problem.Code != test.code || strings.Contains(got[0].Problem.Message, "Okafor") {
				t.Errorf("records = %+v, want %s", got, test.code)
			}
		})
	}
	t.Run("row 26: ids are opaque", func(t *testing.T) {
		for _, id := range []string{"0042", "1E5", "Ab"} {
			if got := pull(t, sis.Sections, section(id, "<org><orgunit>Autumn</orgunit></org>"))[0]; got.Key != id {
				t.Errorf("key = %q, want %q", got.Key, id)
			}
		}
	})
	t.Run("row 28: what has gone needs no more than its id", func(t *testing.T) {
		if got := pull(t, sis.Persons, `<person recstatus="3">`+idOf("p")+"</person>")[0]; !got.Deleted || got.Problem != nil {
			t.Errorf("record = %+v, want one that ended", got)
		}
	})
	t.Run("row 24: Windows-1252", func(t *testing.T) {
		text := "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><enterprise>" + who("Zo\xeb \x96 \x80") + "</enterprise>"
		got, err := pulledFrom(t, sis.Persons, text)
		if err != nil || got[0].Person == nil || got[0].Person.Given != "Zoë – €" {
			t.Errorf("records = %+v, %v, want Zoë", got, err)
		}
	})
}

func TestRefusesFilesThatAreNotWholeOrMeanHarm(t *testing.T) {
	good := section("a", "<org><orgunit>T</orgunit></org>")
	for name, test := range map[string]struct{ text, words string }{
		"row 4: half a file":           {"<enterprise>" + good + "<group>", "ends in the middle of line 1"},
		"row 4: nothing":               {"", "no IMS Enterprise file"},
		"row 24: not UTF-8":            {"<enterprise>" + good + "Zo\xeb</enterprise>", "export it as UTF-8"},
		"row 24: UTF-16":               {"<?xml version=\"1.0\" encoding=\"UTF-16\"?><enterprise/>", "export it as UTF-8"},
		"row 24: NUL":                  {"<enterprise>\x00</enterprise>", "not well-formed"},
		"row 37: an entity bomb":       {`<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><enterprise>&b;</enterprise>`, "declares entities"},
		"row 37: a file as an entity":  {`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><enterprise>&a;</enterprise>`, "declares entities"},
		"row 37: an entity of none":    {"<enterprise>" + good + "&eacute;</enterprise>", "uses an entity"},
		"row 37: very deep":            {"<enterprise>" + strings.Repeat("<a>", 100_000) + "</enterprise>", "more than 32 deep"},
		"row 37: a very long record":   {"<enterprise><person><email>" + strings.Repeat("x", 2<<20) + "</email></person></enterprise>", "longer than 1 MiB"},
		"row 37: a very long comment":  {"<enterprise><!-- " + strings.Repeat("x", 2<<20) + " --></enterprise>", "longer than 1 MiB"},
		"row 37: a very long tag":      {"<enterprise><person x=\"" + strings.Repeat("x", 2<<20) + "\"/></enterprise>", "longer than 1 MiB"},
		"another format":               {"<html/>", "no IMS Enterprise file"},
		"two in one":                   {"<enterprise/><enterprise/>", "no IMS Enterprise file"},
		"elements that are not closed": {"<enterprise><person></enterprise>", "not well-formed"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := pulledFrom(t, sis.Sections, test.text)
			e, ok := errors.AsType[*sis.Error](err)
			if !ok || e.Code != "SRC_SCHEMA" || e.Temporary || !strings.Contains(e.Message, test.words) || len(got) > 0 {
				t.Errorf("%d records, error %v, want a permanent SRC_SCHEMA that says %q", len(got), err, test.words)
			}
		})
	}
}

func TestMemoryHardlyGrowsWithTheRows(t *testing.T) {
	const rows, allowed = 20_000, 2 << 20 // a million may have fifty times as much: 100 MiB
	var b strings.Builder
	b.WriteString("<enterprise><membership>" + idOf("s"))
	for i := range rows {
		fmt.Fprintf(&b, "<member>%s<idtype>1</idtype><role roletype=\"01\"><status>1</status></role></member>\n", idOf(fmt.Sprint("p", i)))
	}
	b.WriteString("</membership></enterprise>")
	path := filepath.Join(t.TempDir(), "campus.xml")
	save(t, path, b.String())
	b.Reset()
	source := imsenterprise.XML{Path: path}
	id, err := source.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before, peak, n := live(), uint64(0), 0
	result, err := source.Pull(t.Context(), sis.Request{Snapshot: id, Stream: sis.Registrations}, func(sis.Record) error {
		if n++; n%(rows/4) == 0 {
			peak = max(peak, live())
		}
		return nil
	})
	if err != nil || result.Rows != rows {
		t.Fatalf("result %+v, %v", result, err)
	}
	if grown := int64(peak) - int64(before); grown > allowed {
		t.Errorf("%d MiB for %d rows, want at most %d", grown>>20, rows, allowed>>20)
	}
}

func live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func FuzzReadsAnyFileOrSaysWhyNot(f *testing.F) {
	for _, text := range []string{
		"<enterprise>" + section("a", "<org><orgunit>T</orgunit></org>") + role(`roletype="01"`, "") + "</enterprise>",
		"<?xml version=\"1.0\" encoding=\"latin1\"?><enterprise>\xeb</enterprise>", "<!DOCTYPE a [", "<enterprise", "", "\xff\xfe<",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, stream := range sis.Streams {
			all, err := pulledFrom(t, stream, string(text))
			if e, ok := errors.AsType[*sis.Error](err); err != nil && (!ok || e.Code == "" || e.Message == "" || len(all) > 0) {
				t.Fatalf("%s: error %v with %d records", stream, err, len(all))
			}
			for _, r := range all {
				if r.Where == "" || (r.Problem == nil && r.Key == "") {
					t.Fatalf("%s: record %+v", stream, r)
				}
			}
		}
	})
}
