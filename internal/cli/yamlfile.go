package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// A yamlFile is a file that people write and keep in git. What is wrong with it
// is collected by line, so that one reading shows all of it.
type yamlFile struct {
	name     string
	problems []yamlProblem
}

// A yamlProblem is what is wrong in a line.
type yamlProblem struct {
	line int
	text string
}

// maxFile bounds what is read of a file.
const maxFile = 16 << 20

// readYAML reads a file of one document, with a mapping at the top; - is
// standard input.
func (env *Env) readYAML(name string) (*yamlFile, *yaml.Node, error) {
	raw, err := env.readFile(name)
	if err != nil {
		return nil, nil, err
	}
	if name == "-" {
		name = "stdin"
	}
	var doc, more yaml.Node
	documents := yaml.NewDecoder(bytes.NewReader(raw))
	if err := documents.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fault.New(fault.Invalid, "%s%s", name, yamlMistake(err)).In("file")
	}
	switch err := documents.Decode(&more); {
	case err == nil && more.Content[0].Tag != "!!null":
		return nil, nil, fault.New(fault.Invalid, "%s:%d: a second document would not be read; put all into one", name, more.Line).In("file")
	case err != nil && !errors.Is(err, io.EOF):
		return nil, nil, fault.New(fault.Invalid, "%s%s", name, yamlMistake(err)).In("file")
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, nil, fault.New(fault.Invalid, "%s: the file must have keys at the top", name).In("file")
	}
	return &yamlFile{name: name}, doc.Content[0], nil
}

func (env *Env) readFile(name string) ([]byte, error) {
	in := env.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%s cannot be read: %v", name, errors.Unwrap(err)).In("file")
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s cannot be read: %v", name, err).In("file")
	}
	if len(raw) > maxFile {
		return nil, fault.New(fault.Invalid, "%s has more than %d MiB", name, maxFile>>20).In("file")
	}
	return raw, nil
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// yamlMistake says what is no YAML, with its line if it is known.
func yamlMistake(err error) string {
	if at := yamlLine.FindStringSubmatch(err.Error()); at != nil {
		return ":" + at[1] + ": " + err.Error()[len(at[0]):]
	}
	return ": " + strings.TrimPrefix(err.Error(), "yaml: ")
}

// wrong notes what is wrong at a node.
func (f *yamlFile) wrong(n *yaml.Node, format string, args ...any) {
	f.problems = append(f.problems, yamlProblem{n.Line, fmt.Sprintf(format, args...)})
}

// err returns all that is wrong, from the top of the file to its end.
func (f *yamlFile) err() error {
	slices.SortStableFunc(f.problems, func(a, b yamlProblem) int { return cmp.Compare(a.line, b.line) })
	var all []error
	for _, p := range f.problems {
		all = append(all, fault.New(fault.Invalid, "%s:%d: %s", f.name, p.line, p.text).In("file"))
	}
	return errors.Join(all...)
}

// keys calls the function of each key of a mapping. Any other key is a mistake.
func (f *yamlFile) keys(n *yaml.Node, what string, known map[string]func(*yaml.Node)) {
	f.pairs(n, what, func(key, value *yaml.Node) {
		if take, ok := known[key.Value]; ok {
			take(value)
			return
		}
		f.wrong(key, "unknown key %q of %s", key.Value, what)
	})
}

// pairs calls pair for each key of a mapping, which may be there once.
func (f *yamlFile) pairs(n *yaml.Node, what string, pair func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		f.wrong(n, "%s must have keys", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || value.Kind == yaml.AliasNode:
			f.wrong(key, "anchors and merged keys are not read; write it out")
		case seen[key.Value]:
			f.wrong(key, "key %q is there twice", key.Value)
		default:
			pair(key, value)
		}
		seen[key.Value] = true
	}
}

// items calls each for each item of a list.
func (f *yamlFile) items(n *yaml.Node, what string, each func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		f.wrong(n, "%s must be a list", what)
		return
	}
	for _, item := range n.Content {
		each(item)
	}
}

// text reads a text into where.
func (f *yamlFile) text(where *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			f.wrong(n, "must be text")
			return
		}
		*where = n.Value
	}
}
