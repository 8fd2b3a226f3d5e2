// Package beadle_test checks what no single package can: the rules of the
// house.
package beadle_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/beadle-jobs/beadle/internal/config"
)

// A package doc that teaches has more to say than its name.
const leastWords = 12

// longest is how many lines a source file may have.
const longest = 500

func TestEveryPackageHasADocThatTeaches(t *testing.T) {
	for dir := range parsed(t) {
		if n := len(strings.Fields(packageDoc(t, dir))); n < leastWords {
			t.Errorf("%s: its package doc has %d words; say what the package is for and what it promises", dir, n)
		}
	}
}

func TestNoFileIsTooLong(t *testing.T) {
	for _, files := range parsed(t) {
		for _, file := range files {
			if file.lines > longest {
				t.Errorf("%s has %d lines; %d is the most: does it have one subject?", file.path, file.lines, longest)
			}
		}
	}
}

func TestNoPackageIsADrawerForEverything(t *testing.T) {
	for dir := range parsed(t) {
		switch name := filepath.Base(dir); name {
		case "utils", "util", "common", "helpers", "models", "manager", "types", "misc":
			t.Errorf("%s: a name that says nothing", dir)
		}
	}
}

func TestEverySettingIsInTheManual(t *testing.T) {
	manual, err := os.ReadFile("docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range settings(reflect.TypeFor[config.Config](), "") {
		if !strings.Contains(string(manual), "`"+setting+"`") {
			t.Errorf("docs/operating.md does not explain %s", setting)
		}
	}
}

// settings returns the keys of a settings struct that have one value each.
func settings(section reflect.Type, prefix string) []string {
	var all []string
	for field := range section.Fields() {
		key := prefix + field.Tag.Get("yaml")
		switch {
		case field.Type.Kind() == reflect.Struct:
			all = append(all, settings(field.Type, key+".")...)
		case field.Type.Kind() != reflect.Map:
			all = append(all, key)
		}
	}
	return all
}

// partOfHistogram is what the series of a histogram are called beyond its name.
var partOfHistogram = regexp.MustCompile(`_(bucket|sum|count)$`)

func TestEveryMetricOfDashboardsAndAlertsExists(t *testing.T) {
	doc, err := os.ReadFile("docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	dashboards, err := filepath.Glob("deploy/grafana/dashboards/*.json")
	if err != nil || len(dashboards) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	for _, file := range append(dashboards, "deploy/prometheus/alerts.yml", "deploy/prometheus/alerts_test.yml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`beadle_[a-z_]+`).FindAllString(string(text), -1) {
			if name = partOfHistogram.ReplaceAllString(name, ""); !strings.Contains(string(doc), name) {
				t.Errorf("%s asks for %s, which docs/metrics.md does not list", file, name)
			}
		}
	}
}

func packageDoc(t *testing.T, dir string) (doc string) {
	t.Helper()
	for _, file := range parsed(t)[dir] {
		if file.ast.Doc != nil {
			doc += file.ast.Doc.Text()
		}
	}
	return doc
}

type source struct {
	path  string
	lines int
	ast   *ast.File
}

// parsed returns the Go files of the product, tests aside, by folder.
func parsed(t *testing.T) map[string][]source {
	t.Helper()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sources are read once for all tests.
var sources = sync.OnceValues(func() (map[string][]source, error) {
	all := map[string][]source{}
	positions := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(positions, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.Dir(path)
		all[dir] = append(all[dir], source{path, positions.Position(file.End()).Line, file})
		return nil
	})
	return all, err
})
