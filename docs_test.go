package beadle_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// builds builds a program of one file.
func builds(t *testing.T, code string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "vet", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, code)
	}
}
