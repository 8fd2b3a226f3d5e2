package university

import (
	"encoding/xml"
	"io"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// The elements of IMS Enterprise 1.1 that a roster needs.
type (
	imsID struct {
		Source string `xml:"source"`
		ID     string `xml:"id"`
	}
	imsPerson struct {
		XMLName xml.Name `xml:"person"`
		Status  int      `xml:"recstatus,attr,omitempty"`
		ID      imsID    `xml:"sourcedid"`
		UserID  string   `xml:"userid"`
		Full    string   `xml:"name>fn"`
		Family  string   `xml:"name>n>family"`
		Given   string   `xml:"name>n>given"`
		Email   string   `xml:"email,omitempty"`
		Role    imsRole  `xml:"institutionrole"`
	}
	imsRole struct {
		Primary string `xml:"primaryrole,attr"`
		Kind    string `xml:"institutionroletype,attr"`
	}
	imsGroup struct {
		XMLName xml.Name   `xml:"group"`
		Status  int        `xml:"recstatus,attr,omitempty"`
		ID      imsID      `xml:"sourcedid"`
		Kind    imsType    `xml:"grouptype"`
		Short   string     `xml:"description>short"`
		Long    string     `xml:"description>long"`
		Unit    string     `xml:"org>orgunit,omitempty"`
		Frame   *imsFrame  `xml:"timeframe"`
		Related *imsParent `xml:"relationship"`
	}
	imsType struct {
		Value string `xml:"typevalue"`
	}
	imsFrame struct {
		Begin string `xml:"begin,omitempty"`
		End   string `xml:"end,omitempty"`
	}
	imsParent struct {
		Relation int    `xml:"relation,attr"`
		ID       imsID  `xml:"sourcedid"`
		Label    string `xml:"label"`
	}
	imsMembership struct {
		XMLName xml.Name    `xml:"membership"`
		Group   imsID       `xml:"sourcedid"`
		Members []imsMember `xml:"member"`
	}
	imsMember struct {
		ID     imsID      `xml:"sourcedid"`
		IDType int        `xml:"idtype"`
		Role   imsHolding `xml:"role"`
	}
	imsHolding struct {
		Kind   string    `xml:"roletype,attr"`
		Change int       `xml:"recstatus,attr,omitempty"`
		Status int       `xml:"status"`
		Frame  *imsFrame `xml:"timeframe"`
	}
)

const imsSource = "harbourside"

// imsEnterprise writes a document with the terms and sections as groups. In a
// delta, recstatus 3 says what has ended.
func (d *Dump) imsEnterprise(w io.Writer) error {
	if _, err := io.WriteString(w, xml.Header+"<enterprise>\n"); err != nil {
		return err
	}
	x := xml.NewEncoder(w)
	x.Indent(" ", " ")
	for _, element := range d.imsElements() {
		if err := x.Encode(element); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "\n</enterprise>\n")
	return err
}

func (d *Dump) imsElements() (all []any) {
	all = append(all, struct {
		XMLName xml.Name `xml:"properties"`
		Source  string   `xml:"datasource"`
		At      string   `xml:"datetime"`
	}{Source: School, At: d.updated()})
	for _, t := range d.Terms {
		all = append(all, imsGroup{
			ID: imsID{imsSource, t.Key}, Kind: imsType{"Term"}, Short: t.Title, Long: t.Title, Frame: frame(t.Start.String(), t.End.String()),
		})
	}
	for _, p := range d.Persons {
		all = append(all, d.imsPerson(p))
	}
	for _, s := range d.Sections {
		all = append(all, d.imsSection(s))
	}
	return append(all, d.imsMemberships()...)
}

func (d *Dump) imsPerson(p sis.Person) imsPerson {
	kind := "Student"
	if len(p.Roles) > 0 && p.Roles[0] == sis.Teacher {
		kind = "Faculty"
	}
	return imsPerson{
		Status: d.recstatus(sis.Persons, p.Key), ID: imsID{imsSource, p.Key}, UserID: p.Username, Full: p.Given + " " + p.Family,
		Family: p.Family, Given: p.Given, Email: p.Email, Role: imsRole{"Yes", kind},
	}
}

func (d *Dump) imsSection(s sis.Section) imsGroup {
	g := imsGroup{
		Status: d.recstatus(sis.Sections, s.Key), ID: imsID{imsSource, s.Key}, Kind: imsType{"CourseSection"},
		Short: s.Code, Long: s.Title, Unit: s.School,
	}
	if len(s.Terms) > 0 {
		g.Related = &imsParent{Relation: 1, ID: imsID{imsSource, s.Terms[0]}, Label: "Term"}
	}
	return g
}

// imsMemberships returns one membership for each section, in the order of the
// registrations.
func (d *Dump) imsMemberships() (all []any) {
	at := map[string]int{}
	var list []*imsMembership
	for _, r := range d.Registrations {
		n, ok := at[r.Section]
		if !ok {
			n = len(list)
			at[r.Section] = n
			list = append(list, &imsMembership{Group: imsID{imsSource, r.Section}})
		}
		list[n].Members = append(list[n].Members, d.imsMember(r))
	}
	for _, m := range list {
		all = append(all, m)
	}
	return all
}

var imsRoles = map[sis.Role]string{sis.Student: "01", sis.Teacher: "02", sis.Assistant: "05"}

func (d *Dump) imsMember(r sis.Registration) imsMember {
	holding := imsHolding{
		Kind: imsRoles[r.Role], Change: d.recstatus(sis.Registrations, r.Key), Status: 1,
		Frame: frame(d.text(sis.Registrations, r.Key, "begin", r.Begin.String()), r.End.String()),
	}
	if holding.Change == 3 {
		holding.Status = 0
	}
	return imsMember{ID: imsID{imsSource, r.Person}, IDType: 1, Role: holding}
}

// recstatus is 3 for what has ended, 2 for what has changed, and in a full
// document nothing.
func (d *Dump) recstatus(stream sis.Stream, key string) int {
	switch {
	case d.Ended[stream][key]:
		return 3
	case !d.At.IsZero():
		return 2
	}
	return 0
}

func frame(begin, end string) *imsFrame {
	if begin == "" && end == "" {
		return nil
	}
	return &imsFrame{begin, end}
}
