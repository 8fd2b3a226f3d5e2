package beadle_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// goCode finds the blocks of Go in a page.
var goCode = regexp.MustCompile("(?s)```go\n(.*?)```")

func TestTheCodeOfTheManualCompiles(t *testing.T) {
	page, err := os.ReadFile("docs/writing-tasks.md")
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := os.ReadFile("pkg/tasks/manual_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := goCode.FindAllSubmatch(page, -1)
	if len(blocks) == 0 {
		t.Fatal("the page has no code")
	}
	for _, block := range blocks {
		code := string(block[1])
		if strings.HasPrefix(code, "package main\n") {
			builds(t, code)
		} else if !strings.Contains(string(compiled), code) {
			t.Errorf("pkg/tasks/manual_test.go does not have this code of docs/writing-tasks.md:\n%s", code)
		}
	}
}

func TestTheExampleOfARepositoryOfItsOwnWorks(t *testing.T) {
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	example := filepath.Join(root, "docs", "examples", "reports")
	workspace := filepath.Join(t.TempDir(), "go.work")
	text := fmt.Sprintf("go 1.26.0\nuse %q\nuse %q\n", root, example)
	if err := os.WriteFile(workspace, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"vet", "test"} {
		cmd := exec.Command("go", append([]string{verb}, append(builtWith(), "./...")...)...)
		cmd.Dir, cmd.Env = example, append(os.Environ(), "GOWORK="+workspace)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", verb, err, out)
		}
	}
}

// builds builds a program of one file.
func builds(t *testing.T, code string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	vet := append(append([]string{"vet"}, builtWith()...), file)
	if out, err := exec.Command("go", vet...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, code)
	}
}

// builtWith returns the flags that this test was built with: with others,
// every package that the program needs would be compiled anew.
func builtWith() (flags []string) {
	build, _ := debug.ReadBuildInfo()
	for _, setting := range build.Settings {
		switch setting.Key {
		case "-race", "-gcflags":
			flags = append(flags, setting.Key+"="+setting.Value)
		}
	}
	return flags
}

// link finds links of Markdown, pictures too.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestEveryLinkOfThePagesLeadsSomewhere(t *testing.T) {
	for _, page := range append(pages(t), "CHANGELOG.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			if target := found[1]; !strings.Contains(target, "://") && !leads(page, target) {
				t.Errorf("%s: the link to %s leads nowhere", page, target)
			}
		}
	}
}

// leads reports whether there is the file, and the heading, that the link of a
// page names.
func leads(page, target string) bool {
	path, anchor, _ := strings.Cut(target, "#")
	file := page
	if path != "" {
		file = filepath.Join(filepath.Dir(page), path)
	}
	text, err := os.ReadFile(file)
	if info, e := os.Stat(file); e == nil && info.IsDir() {
		return anchor == ""
	}
	return err == nil && (anchor == "" || slices.Contains(anchors(string(text)), anchor))
}

var heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)

// anchors are the names of the headings of a page, as GitHub makes them.
func anchors(page string) (all []string) {
	for _, found := range heading.FindAllStringSubmatch(page, -1) {
		name := strings.ToLower(found[1])
		name = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(name, "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}
