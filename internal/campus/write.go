package campus

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// SystemName is what bundles of the demo call their system.
const SystemName = "Beadle demo SIS (simulated)"

// Write writes a version of a university as a OneRoster bundle: what
// [oneroster.Write] makes of it, with the faults that a correct writer would
// not make, and labelled as a simulation.
func Write(w io.Writer, o Options, version int) error {
	bundle := Generate(o, version)
	var clean bytes.Buffer
	if err := oneroster.Write(&clean, bundle); err != nil {
		return err
	}
	return retouch(w, clean.Bytes(), map[string]*strings.Replacer{
		"manifest.csv":    strings.NewReplacer("source.systemName,Beadle", "source.systemName,"+SystemName),
		"enrollments.csv": strings.NewReplacer(impossible.String(), fmt.Sprintf("31/02/%d", bundle.Terms[1].Start.Year)),
	})
}

// retouch copies a zip and edits the texts of some of its files.
func retouch(w io.Writer, bundle []byte, edits map[string]*strings.Replacer) error {
	in, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		return fmt.Errorf("read the bundle: %w", err)
	}
	out := zip.NewWriter(w)
	for _, f := range in.File {
		edit, ok := edits[f.Name]
		if !ok {
			edit = strings.NewReplacer()
		}
		if err := copyText(out, f, edit); err != nil {
			return fmt.Errorf("copy %s: %w", f.Name, err)
		}
	}
	return out.Close()
}

func copyText(out *zip.Writer, f *zip.File, edit *strings.Replacer) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	w, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: f.Modified})
	if err != nil {
		return err
	}
	_, err = edit.WriteString(w, string(text))
	return err
}
