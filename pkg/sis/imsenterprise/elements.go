package imsenterprise

import (
	"cmp"
	"strings"
)

// The elements of the specification, as far as a roster is made of them.
type (
	sourcedID struct {
		ID string `xml:"id"`
	}

	// head is how persons and groups begin.
	head struct {
		RecStatus string      `xml:"recstatus,attr"`
		IDs       []sourcedID `xml:"sourcedid"`
	}

	person struct {
		head
		UserIDs []userID `xml:"userid"`
		Given   string   `xml:"name>n>given"`
		Family  string   `xml:"name>n>family"`
		Email   string   `xml:"email"`
		Roles   []struct {
			Type string `xml:"institutionroletype,attr"`
		} `xml:"institutionrole"`
	}

	userID struct {
		Type string `xml:"useridtype,attr"`
		Text string `xml:",chardata"`
	}

	group struct {
		head
		Types []groupType `xml:"grouptype"`
		Short string      `xml:"description>short"`
		Long  string      `xml:"description>long"`
		Full  string      `xml:"description>full"`
		Org   struct {
			Name string `xml:"orgname"`
			Unit string `xml:"orgunit"`
			ID   string `xml:"id"`
		} `xml:"org"`
		Time           timeframe      `xml:"timeframe"`
		Relations      []relationship `xml:"relationship"`
		DeliverySystem string         `xml:"extension>luminisgroup>deliverysystem"`
	}

	groupType struct {
		Scheme string   `xml:"scheme"`
		Values []string `xml:"typevalue"`
	}

	relationship struct {
		To    sourcedID `xml:"sourcedid"`
		Label string    `xml:"label"`
	}

	member struct {
		IDs    []sourcedID `xml:"sourcedid"`
		IDType string      `xml:"idtype"`
		Roles  []role      `xml:"role"`
	}

	role struct {
		Type      string    `xml:"roletype,attr"`
		RecStatus string    `xml:"recstatus,attr"`
		Status    string    `xml:"status"`
		Time      timeframe `xml:"timeframe"`
	}

	timeframe struct {
		Begin day `xml:"begin"`
		End   day `xml:"end"`
	}

	day struct {
		Restrict string `xml:"restrict,attr"`
		Text     string `xml:",chardata"`
	}
)

func (id sourcedID) key() string { return strings.TrimSpace(id.ID) }

func keyOf(ids []sourcedID) string {
	for _, id := range ids {
		if key := id.key(); key != "" {
			return key
		}
	}
	return ""
}

// isGroup reports whether the member is a group, which makes the group that it
// is in a cross-list.
func (m *member) isGroup() bool { return strings.TrimSpace(m.IDType) == "2" }

// ended reports whether the role says that it is over.
func (r *role) ended() bool {
	return strings.TrimSpace(r.RecStatus) == "3" || strings.TrimSpace(r.Status) == "0"
}

// restricting returns what the day says if people are to be kept out by it.
func (d day) restricting() string {
	if strings.TrimSpace(d.Restrict) == "1" {
		return d.Text
	}
	return ""
}

// username returns what the person logs in with.
func (p *person) username() string {
	var first, plain string
	for _, id := range p.UserIDs {
		text, kind := strings.TrimSpace(id.Text), strings.TrimSpace(id.Type)
		switch {
		case strings.EqualFold(kind, "Logon ID"):
			return text
		case kind == "":
			plain = cmp.Or(plain, text)
		}
		first = cmp.Or(first, text)
	}
	return cmp.Or(plain, first, keyOf(p.IDs))
}

// A kind is what a group is for a roster.
type kind int

const (
	isSection kind = iota
	isTerm
	isCourse
	isCrossList
	isOther
)

var kinds = map[string]kind{
	"term": isTerm, "course": isCourse, "crosslistedsection": isCrossList, "crosslist": isCrossList,
	"institution": isOther, "college": isOther, "school": isOther, "department": isOther, "division": isOther, "organization": isOther,
}

// kind returns what the group's type says. A course is a section in a file that
// has no other sections: the caller knows.
func (g *group) kind() kind {
	for _, t := range g.Types {
		for _, value := range t.Values {
			if k, ok := kinds[strings.ToLower(strings.TrimSpace(value))]; ok {
				return k
			}
		}
	}
	return isSection
}

// isTyped reports whether the group says that it is a section of a course.
func (g *group) isTyped() bool {
	for _, t := range g.Types {
		for _, value := range t.Values {
			if strings.EqualFold(strings.TrimSpace(value), "CourseSection") {
				return true
			}
		}
	}
	return false
}

func (g *group) isLuminis() bool {
	for _, t := range g.Types {
		if strings.EqualFold(strings.TrimSpace(t.Scheme), "Luminis") {
			return true
		}
	}
	return false
}

// related returns the id that a relationship with that label leads to, or "".
func (g *group) related(label string) string {
	for _, r := range g.Relations {
		if strings.EqualFold(strings.TrimSpace(r.Label), label) {
			return r.To.key()
		}
	}
	return ""
}
