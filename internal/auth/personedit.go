package auth

import "strings"

// A PersonEdit is what is to change of a person; nil: it stays.
type PersonEdit struct {
	Title, Email *string
	Grants       *[]Grant
	Disabled     *bool
}

// Apply returns p with what e changes.
func (e PersonEdit) Apply(p Person) Person {
	if e.Title != nil {
		p.Title = strings.TrimSpace(*e.Title)
	}
	if e.Email != nil {
		p.Email = strings.TrimSpace(*e.Email)
	}
	if e.Grants != nil {
		p.Grants = *e.Grants
	}
	if e.Disabled != nil {
		p.Disabled = *e.Disabled
	}
	return p
}
