package oneroster

import (
	"context"
	"errors"
	"io"
	"strings"
)

const manifestFile = "manifest.csv"

// A mode is how much of a kind of record a bundle holds.
type mode string

const (
	bulk   mode = "bulk"   // all that there are
	delta  mode = "delta"  // what changed
	absent mode = "absent" // nothing
)

// A manifest is what a bundle says about its files, by property in lower case.
// It is nil in a bundle without one.
type manifest map[string]string

// mode returns how much of t the bundle holds. A bundle that says nothing
// about any file holds everything; one that says nothing about this file is
// not known to.
func (m manifest) mode(t table) mode {
	if m == nil {
		return bulk
	}
	switch said := mode(m[strings.ToLower(manifestProperty(t.name))]); said {
	case bulk, absent:
		return said
	}
	return delta
}

// manifestProperty is what the manifest calls the mode of a file.
func manifestProperty(file string) string {
	return "file." + strings.TrimSuffix(file, ".csv")
}

func (b *bundle) readManifest(ctx context.Context) error {
	f := b.entry(manifestFile)
	if f == nil {
		return nil
	}
	r, err := open(ctx, f)
	if err != nil {
		return err
	}
	defer r.Close()
	text, _, err := decode(r)
	if err == nil {
		b.manifest, err = parseManifest(newRows(text, sniff(text)))
	}
	return explain(manifestFile, err)
}

func parseManifest(lines *rows) (manifest, error) {
	m := manifest{}
	for {
		row, err := lines.next()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if errors.Is(err, errRowTooLong) || err == nil && (row.broken || len(row.fields) < 2) {
			return nil, refused("%s, line %d, is not a property and its value.", manifestFile, row.line)
		}
		if err != nil {
			return nil, err
		}
		m[word(row.fields[0])] = word(row.fields[1])
	}
}

func word(cell []byte) string { return strings.ToLower(strings.TrimSpace(string(cell))) }
