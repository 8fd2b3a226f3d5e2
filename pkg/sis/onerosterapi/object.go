package onerosterapi

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
	"github.com/beadle-jobs/beadle/pkg/sis/internal/meaning"
)

// An object is a row as JSON. Its fields are asked for by the names of the CSV
// columns, since that is what meanings know.
type object map[string]json.RawMessage

// references are the fields that point at other objects.
var references = map[string]string{
	"parentSourcedId": "parent", "courseSourcedId": "course", "schoolSourcedId": "school",
	"classSourcedId": "class", "userSourcedId": "user", "termSourcedIds": "terms",
}

// text returns a string as it is, and a number or a truth as it is written.
func (o object) text(name string) string {
	if reference, ok := references[name]; ok {
		return idIn(o[reference])
	}
	return scalar(o[name])
}

// items returns the ids in a list of references.
func (o object) items(name string) []string {
	var list []json.RawMessage
	if json.Unmarshal(o[references[name]], &list) != nil {
		list = []json.RawMessage{o[references[name]]} // some send one without a list
	}
	var ids []string
	for _, raw := range list {
		if id := strings.TrimSpace(idIn(raw)); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// idIn returns the id in a reference. Some send the id alone.
func idIn(raw json.RawMessage) string {
	var reference struct {
		ID json.RawMessage `json:"sourcedId"`
	}
	if json.Unmarshal(raw, &reference) == nil {
		return scalar(reference.ID)
	}
	return scalar(raw)
}

func scalar(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '{', '[', 'n':
		return ""
	case '"':
		return unquote(raw)
	}
	return string(raw)
}

func unquote(raw json.RawMessage) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// understand makes a record of a row, whatever it is.
func understand(raw json.RawMessage, means sense) sis.Record {
	var o object
	switch {
	case !utf8.Valid(raw):
		return sis.Record{Problem: fields.Problem("ENCODING", "The row has bytes that are not UTF-8.")}
	case json.Unmarshal(raw, &o) != nil, o == nil:
		return sis.Record{Problem: fields.Problem("ROW_MALFORMED", "The row is not a JSON object.")}
	}
	got := means(o).Of(o.read())
	if at := o.modified(); !at.IsZero() {
		got.Version = at.UnixMilli()
	}
	return got
}

func (o object) read() *fields.Record { return &fields.Record{Text: o.text, Items: o.items} }

// modified is when the row was changed last. A time without a zone is not
// guessed at.
func (o object) modified() time.Time {
	text := strings.TrimSpace(o.text("dateLastModified"))
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700"} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 1970 {
			return at
		}
	}
	return time.Time{}
}

// roles returns the roles of a user: one since 1.1, a list of them since 1.2.
func (o object) roles(r *fields.Record) []sis.Role {
	if role := meaning.Role(r); role != "" {
		return meaning.SetOf(role).Roles()
	}
	var list []object
	if json.Unmarshal(o["roles"], &list) != nil || len(list) == 0 {
		r.Required("role")
		return nil
	}
	var set meaning.RoleSet
	for _, one := range list {
		set |= one.role(r)
	}
	if set == 0 {
		r.Warn("None of the roles is the person's own.")
	}
	return set.Roles()
}

// role returns one role of a list, unless it is over, or beside the person's
// own.
func (o object) role(of *fields.Record) meaning.RoleSet {
	r := o.read()
	role, primary, over := meaning.Role(r), meaning.IsPrimary(r), meaning.IsTombstone(r)
	r.Required("role")
	if r.Problem != nil {
		of.Fail(r.Problem.Code, "roles: %s", r.Problem.Message)
	}
	if over || !primary || r.Problem != nil {
		return 0
	}
	return meaning.SetOf(role)
}
