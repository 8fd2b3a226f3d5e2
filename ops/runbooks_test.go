package ops_test

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/cli"
)

// runbooks returns the sections of docs/runbooks.md by alert.
func runbooks(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/runbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, section := range strings.Split(string(text), "\n### ")[1:] {
		name, body, _ := strings.Cut(section, "\n")
		body, _, _ = strings.Cut(body, "\n## ")
		sections[name] = body
	}
	return sections
}

func TestEveryAlertHasARunbookAndEveryRunbookAnAlert(t *testing.T) {
	sections := runbooks(t)
	for _, a := range readAlerts(t) {
		if sections[a.Alert] == "" {
			t.Errorf("docs/runbooks.md has no section %s", a.Alert)
		}
		delete(sections, a.Alert)
	}
	for name := range sections {
		t.Errorf("docs/runbooks.md has a section %s, and there is no such alert", name)
	}
}

func TestEveryRunbookGoesFromTheSymptomToTheCure(t *testing.T) {
	for name, body := range runbooks(t) {
		last := -1
		for _, part := range []string{"**Symptom.**", "**Likely causes.**", "**See.**", "**Cure.**"} {
			at := strings.Index(body, part)
			if at <= last {
				t.Errorf("%s lacks %s, or has it in another place", name, part)
			}
			last = at
		}
	}
}

var (
	panels = regexp.MustCompile(`panels? \*[^*]+\*(?:(?:,\s| and\s)\*[^*]+\*)*`)
	italic = regexp.MustCompile(`\*([^*]+)\*`)
)

func TestEveryPanelThatARunbookNamesIsOnABoard(t *testing.T) {
	titles := map[string]bool{}
	for _, b := range readBoards(t) {
		for _, p := range b.Panels {
			titles[p.Title] = true
		}
	}
	named := 0
	for name, body := range runbooks(t) {
		for _, these := range panels.FindAllString(strings.ReplaceAll(body, "\n", " "), -1) {
			for _, title := range italic.FindAllStringSubmatch(these, -1) {
				named++
				if !titles[title[1]] {
					t.Errorf("%s: no board has a panel *%s*", name, title[1])
				}
			}
		}
	}
	if named < 10 {
		t.Errorf("the runbooks name %d panels, which cannot be all", named)
	}
}

// command finds what a person is told to type.
var command = regexp.MustCompile("(?m)`(jobctl [^`]+)`|^(jobctl .+)$")

func TestEveryCommandOfTheRunbooksExists(t *testing.T) {
	asked := 0
	for name, body := range runbooks(t) {
		for _, found := range command.FindAllStringSubmatch(body, -1) {
			line := found[1] + found[2]
			asked++
			if said, ok := understood(line); !ok {
				t.Errorf("%s: jobctl does not understand %s\n%s", name, line, said)
			}
		}
	}
	if asked < len(readAlerts(t)) {
		t.Errorf("the runbooks have %d commands of jobctl, fewer than there are alerts", asked)
	}
}

// quoted is one word of a command line, in quotes or not.
var quoted = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)

// understood reports whether jobctl knows a command and its flags, and what it
// says otherwise.
func understood(line string) (said string, ok bool) {
	line, _, _ = strings.Cut(line, " #")
	var args []string
	for _, word := range quoted.FindAllString(line, -1)[1:] {
		args = append(args, strings.Trim(word, `'"`))
	}
	var out, err bytes.Buffer
	code := cli.Run(context.Background(), &cli.Env{Out: &out, Err: &err, Now: time.Now, Getenv: func(string) string { return "" }}, append(args, "--help"))
	return err.String(), code == 0 && strings.Contains(out.String(), "jobctl "+args[0])
}
