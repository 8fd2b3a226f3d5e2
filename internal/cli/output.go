package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func (env *Env) checkFormat() error {
	switch env.format {
	case "table", "json", "yaml":
		return nil
	}
	return fault.New(fault.Invalid, "--output must be table, json or yaml, not %q", env.format).In("output")
}

// print writes v as it was asked for: as JSON or YAML for scripts, else as
// table does it.
func (env *Env) print(v any, table func()) error {
	if env.format == "table" {
		table()
		return nil
	}
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if env.format == "yaml" {
		raw, err = toYAML(raw)
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	_, err = fmt.Fprintln(env.Out, strings.TrimRight(string(raw), "\n"))
	return err
}

// toYAML rewrites JSON, which is YAML already, in the way that people write it.
func toYAML(raw []byte) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	unfold(&doc)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		return nil, err
	}
	return out.Bytes(), enc.Close()
}

func unfold(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		unfold(child)
	}
}

// A table is rows in aligned columns.
type table struct {
	out  io.Writer
	rows [][]string
}

// table begins a table with that head.
func (env *Env) table(head ...string) *table {
	for i, h := range head {
		head[i] = strings.ToUpper(h)
	}
	return &table{env.Out, [][]string{head}}
}

func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = oneLine(c)
	}
	t.rows = append(t.rows, cells)
}

// end prints the table.
func (t *table) end() {
	widths := map[int]int{}
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%-*s  ", widths[i], cell)
		}
		fmt.Fprintln(t.out, strings.TrimRight(line.String(), " "))
	}
}

// facts prints names and values, leaving out those that are empty.
func (env *Env) facts(pairs ...string) {
	t := &table{out: env.Out}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			t.row(pair...)
		}
	}
	t.end()
}

// oneLine keeps text of others from breaking a table, or the terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// say prints a sentence as part of the answer.
func (env *Env) say(format string, args ...any) { fmt.Fprintf(env.Out, format+"\n", args...) }

// hint says something beside the answer, to people only.
func (env *Env) hint(format string, args ...any) { fmt.Fprintf(env.Err, format+"\n", args...) }

// ago says when t was, or will be, as people say it.
func (env *Env) ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := env.Now().Sub(t)
	switch {
	case d < -time.Second:
		return "in " + span(-d)
	case d < time.Second:
		return "just now"
	}
	return span(d) + " ago"
}

func (env *Env) agoIf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return env.ago(*t)
}

// span says how long d is, by its largest unit.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// progress says how far a job has come.
func progress(j client.Job) string {
	p := j.Progress
	if percent, ok := p.Percent(); ok {
		return strings.TrimSpace(fmt.Sprintf("%d%% %s", percent, p.Stage))
	}
	if p.Done > 0 {
		return strings.TrimSpace(fmt.Sprintf("%d %s", p.Done, p.Stage))
	}
	return p.Stage
}

// count says n in words for which number and plural matter.
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
