// Package bundle makes what people send to those who help them: a zip of what an
// installation is and how it does, without secrets and without what it knows of
// people.
//
// Nothing gets in because nobody thought of keeping it out. Each file is made of
// fields that were chosen; of settings, names and numbers are shown and of texts
// only those that cannot be secret; and of a message written by a task, the SIS
// or a library no more than the words that every message may have: see [Plain].
package bundle

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/doctor"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Newest is how many groups of errors and requests of the audit a bundle is made
// of at most; its files say so.
const Newest = 500

// Contents are what a bundle is made of.
type Contents struct {
	Facts    doctor.Facts
	Settings config.Config
	Errors   []job.ErrorGroup // the newest
	Audit    []job.AuditEntry // the newest
	Metrics  []byte           // as scraped
	Logs     []io.Reader
	Missing  map[string]string // what could not be had, and why
}

// About is what a bundle says of itself.
type About struct {
	Made    time.Time         `json:"made"`
	Jobctl  string            `json:"jobctl"`
	Server  string            `json:"server"`
	Go      string            `json:"go"`
	Missing map[string]string `json:"missing,omitempty"`
}

// Write writes a bundle and returns the names of its files.
func Write(w io.Writer, c Contents) (names []string, err error) {
	b := &writer{zip: zip.NewWriter(w), at: c.Facts.Now}
	b.json("about.json", About{c.Facts.Now, c.Facts.Version, c.Facts.System.Version, c.Facts.System.Go, plainAll(c.Missing)})
	b.json("settings.json", Settings(c.Settings))
	b.json("doctor.json", findings(c.Facts))
	b.json("system.json", system(c.Facts.System))
	b.json("queues.json", queues(c.Facts.Queues))
	b.json("workers.json", workers(c.Facts.Workers))
	b.json("schedules.json", schedules(c.Facts.Schedules))
	b.json("errors.json", errorsOf(c.Errors))
	b.json("audit.json", counts(c.Audit))
	b.text("metrics.txt", func(w io.Writer) error { return metrics(w, c.Metrics) })
	for i, log := range c.Logs {
		b.text(fmt.Sprintf("log-%d.txt", i+1), func(w io.Writer) error { return copyLog(w, log) })
	}
	if b.err == nil {
		b.err = b.zip.Close()
	}
	return b.names, b.err
}

// A writer writes files until one fails.
type writer struct {
	zip   *zip.Writer
	at    time.Time
	names []string
	err   error
}

func (b *writer) json(name string, v any) {
	b.text(name, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	})
}

func (b *writer) text(name string, write func(io.Writer) error) {
	if b.err != nil {
		return
	}
	var file io.Writer
	file, b.err = b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: b.at})
	if b.err == nil {
		b.err = write(file)
	}
	b.names = append(b.names, name)
}
