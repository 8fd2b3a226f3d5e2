package oneroster

import (
	"slices"
	"strings"
)

// A header says in which column of a file is what.
type header struct {
	width  int
	at     map[string]int // by the name that the specification gives
	oddity string
}

func parseHeader(t table, r row) (header, error) {
	h := header{width: len(r.fields), at: make(map[string]int, len(t.columns))}
	if r.broken {
		return h, refused("%s: its first line, which names the columns, has a quote that is not closed.", t.name)
	}
	for i, cell := range r.fields {
		if err := h.place(t, i, string(cell)); err != nil {
			return h, err
		}
	}
	for _, name := range t.required {
		if _, ok := h.at[name]; !ok {
			return h, h.lacks(t, name, r)
		}
	}
	return h, nil
}

func (h *header) place(t table, i int, written string) error {
	name, ok := t.column(written)
	if !ok {
		return nil // an extension, or of another version
	}
	if _, taken := h.at[name]; taken {
		return refused("%s has the column %s twice.", t.name, name)
	}
	if name != written {
		h.oddity = "its column names are in other letter case, or have blanks around them"
	}
	h.at[name] = i
	return nil
}

// column returns what the specification calls a column.
func (t table) column(written string) (name string, ok bool) {
	written = strings.TrimSpace(written)
	i := slices.IndexFunc(t.columns, func(name string) bool { return strings.EqualFold(name, written) })
	if i < 0 {
		return "", false
	}
	return t.columns[i], true
}

// lacks tells what was found instead of a column, unless it may be data of
// people.
func (h *header) lacks(t table, name string, r row) error {
	if len(h.at) < 2 {
		return refused("%s lacks the column %s; its first line does not name columns.", t.name, name)
	}
	found := make([]string, len(r.fields))
	for i, cell := range r.fields {
		found[i] = strings.ToValidUTF8(string(cell[:min(len(cell), 40)]), "?")
	}
	return refused("%s lacks the column %s. Its columns are: %s.", t.name, name, strings.Join(found[:min(len(found), 40)], ", "))
}

// cell returns what r has in that column: nil if there is no such column.
func (h *header) cell(r row, name string) []byte {
	i, ok := h.at[name]
	if !ok || i >= len(r.fields) {
		return nil
	}
	return r.fields[i]
}
