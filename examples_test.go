package beadle_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Every block of shell in README and docs says in the line before it what
// becomes of it here:
//
//	<!-- run -->              it runs, and prints what the page says it prints
//	<!-- run: sample -->      it runs; what it prints depends on the day
//	<!-- not run: reason -->  it does not run here
//
// and a line of its own may do what a reader need not see:
//
//	<!-- before: command -->
//
// A file that the page shows is there for the blocks after it:
//
//	<!-- save: name -->
//
// The blocks of a page run in its order, in an empty folder, with a server of
// its own: jobctl dev with the demo campus. The repository is at CLONE. A page that starts a server itself
// says so, and has the addresses ADDRESS and MOODLE for it:
//
//	<!-- server: none -->
var (
	fence  = regexp.MustCompile("^```(sh|console|)$")
	marker = regexp.MustCompile(`^<!-- (run|run: sample|not run: .+|before: .+|save: .+) -->$`)
)

// An example is a block of shell on a page.
type example struct {
	page   string
	line   int
	marker string
	text   string // the lines between the fences
}

func TestEveryExampleSaysWhetherItIsRun(t *testing.T) {
	for _, e := range examples(t) {
		if e.marker == "" {
			t.Errorf("%s:%d: say <!-- run --> or <!-- not run: why --> before it:\n%s", e.page, e.line, e.text)
		}
	}
}

func TestExamplesDoWhatTheirPageSays(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server for each page")
	}
	programs := buildPrograms(t)
	pages := map[string][]example{}
	for _, e := range examples(t) {
		pages[e.page] = append(pages[e.page], e)
	}
	for page, all := range pages {
		if !slices.ContainsFunc(all, example.runs) {
			continue
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			s := newReader(t, programs)
			if !startsItself(t, page) {
				s.startDev(t)
			}
			for _, e := range all {
				s.follow(t, e)
			}
		})
	}
}

func (e example) runs() bool { return strings.HasPrefix(e.marker, "run") }

// examples are those of README and docs, in the order of each page, with what
// is to be done before them.
func examples(t *testing.T) (all []example) {
	t.Helper()
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, examplesOf(page, strings.Split(string(text), "\n"))...)
	}
	if len(all) == 0 {
		t.Fatal("the pages have no examples")
	}
	return all
}

// pages are those that people read.
func pages(t *testing.T) []string {
	t.Helper()
	all := []string{"README.md", "CONTRIBUTING.md"}
	err := filepath.WalkDir("docs", func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func examplesOf(page string, lines []string) (all []example) {
	marked, inside := "", false
	for i, line := range lines {
		found := marker.FindStringSubmatch(line)
		switch {
		case inside && line == "```":
			inside = false
		case inside:
			all[len(all)-1].text += line + "\n"
		case found != nil && strings.HasPrefix(found[1], "before: "):
			all = append(all, example{page: page, line: i + 1, marker: "run: sample", text: strings.TrimPrefix(found[1], "before: ")})
		case found != nil:
			marked = found[1]
		case strings.HasPrefix(line, "```"):
			inside = true
			if fence.MatchString(line) || strings.HasPrefix(marked, "save: ") {
				all = append(all, example{page: page, line: i + 1, marker: marked})
			} else {
				all = append(all, example{page: page, line: i + 1, marker: "not run: it is no shell"})
			}
			marked = ""
		}
	}
	return all
}

// A command of an example, and what the page says it prints.
type command struct{ text, prints string }

// commands of a block: with prompts, one at each; without, the block is one
// script that prints nothing in particular.
func (e example) commands() (all []command) {
	if !strings.HasPrefix(e.text, "$ ") {
		return []command{{text: e.text}}
	}
	continued := false
	for line := range strings.Lines(e.text) {
		text, prompt := strings.CutPrefix(line, "$ ")
		switch {
		case prompt:
			all = append(all, command{text: text})
		case continued:
			all[len(all)-1].text += line
		default:
			all[len(all)-1].prints += line
		}
		continued = (prompt || continued) && strings.HasSuffix(line, "\\\n")
	}
	return all
}

// A reader follows a page in a folder of their own.
type reader struct {
	folder   string
	programs string
	address  string // of the server
	env      []string
	exit     int // of the last command
}

// startsItself reports whether the page is about how to start.
func startsItself(t *testing.T, page string) bool {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), "\n<!-- server: none -->\n")
}

func newReader(t *testing.T, programs string) *reader {
	t.Helper()
	r := &reader{folder: t.TempDir(), programs: programs}
	r.address = freeAddress(t)
	clone, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	r.env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "HOME="+r.folder, "XDG_CONFIG_HOME="+r.folder, "CLONE="+clone,
		"BEADLE_SERVER=http://"+r.address, "ADDRESS="+r.address, "MOODLE="+freeAddress(t), "TERM=dumb", "COLUMNS=200")
	return r
}

// startDev starts jobctl dev and waits until the demo campus has something to
// approve.
func (r *reader) startDev(t *testing.T) {
	t.Helper()
	dev := exec.Command(filepath.Join(r.programs, "jobctl"), "dev", "--listen", r.address, "--data", filepath.Join(r.folder, ".beadle"))
	dev.Dir, dev.Env = r.folder, r.env
	if err := dev.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = dev.Process.Signal(syscall.SIGTERM)
		_ = dev.Wait()
	})
	r.await(t, "jobctl sis plans demo --state held -o json | grep -q held")
}

// await runs a command until it succeeds.
func (r *reader) await(t *testing.T, text string) {
	t.Helper()
	var out string
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Second) {
		if out = r.run(t, text); r.exit == 0 {
			return
		}
	}
	t.Fatalf("%s: never: %s", text, out)
}

// follow does what the example says, and compares what it prints.
func (r *reader) follow(t *testing.T, e example) {
	t.Helper()
	if file, saved := strings.CutPrefix(e.marker, "save: "); saved {
		if err := os.WriteFile(filepath.Join(r.folder, file), []byte(e.text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !e.runs() {
		return
	}
	for _, c := range e.commands() {
		exit := r.exit
		got := r.run(t, c.text)
		switch {
		case strings.TrimSpace(c.text) == "echo $?":
			got = fmt.Sprintln(exit)
			r.exit = 0
		case e.fails(c):
		case r.exit != 0:
			t.Errorf("%s:%d: exit code %d of %s\n%s", e.page, e.line, r.exit, c.text, got)
		}
		if e.marker == "run" {
			compare(t, e, c, got)
		}
	}
}

// fails reports whether the page shows that the command fails.
func (e example) fails(c command) bool { return strings.HasPrefix(c.prints, "jobctl: ") }

// programsFromTheTree are how pages call programs in a clone; here they are in
// the path.
var programsFromTheTree = regexp.MustCompile(`(?:go run \./cmd/|\bbin/)(jobctl|scheduler|worker)\b`)

// run returns what a command prints, on both its outputs.
func (r *reader) run(t *testing.T, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	text = programsFromTheTree.ReplaceAllString(text, "$1")
	bash := exec.CommandContext(ctx, "bash", "-e", "-c", text)
	bash.Dir, bash.Env = r.folder, r.env
	bash.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	t.Cleanup(func() { // what it has left in the background
		if bash.Process != nil {
			_ = syscall.Kill(-bash.Process.Pid, syscall.SIGTERM)
		}
	})
	out, err := bash.CombinedOutput()
	if r.exit = bash.ProcessState.ExitCode(); err != nil && r.exit < 0 {
		t.Fatalf("%s: %v\n%s", text, err, out)
	}
	return string(out)
}

// compare wants each line of the page in what was printed. Numbers, times and
// the width of columns may be others; a line of … stands for any.
func compare(t *testing.T, e example, c command, got string) {
	t.Helper()
	printed := strings.Split(shape(got), "\n")
	for line := range strings.Lines(c.prints) {
		want := strings.TrimSpace(shape(line))
		if want != "" && want != "…" && !slices.Contains(printed, want) {
			t.Errorf("%s:%d: %s does not print %q, but\n%s", e.page, e.line, strings.TrimSpace(c.text), strings.TrimSpace(line), got)
		}
	}
}

// What differs from run to run.
var (
	ids    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{12,}\b`)
	days   = regexp.MustCompile(`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b`)
	spans  = regexp.MustCompile(`(under )?\b[0-9.:]+ ?(ms|s|min|h|d|days?)\b( [0-9]+ (s|min|h))?`)
	agos   = regexp.MustCompile(`SPAN ago|just now`)
	digits = regexp.MustCompile(`[0-9][0-9,.:]*`)
	blanks = regexp.MustCompile(`[ \t]+`)
)

func shape(text string) string {
	for _, mask := range []struct {
		what *regexp.Regexp
		by   string
	}{{ids, "ID"}, {days, "DAY"}, {spans, "SPAN"}, {agos, "AGO"}, {digits, "0"}, {blanks, " "}} {
		text = mask.what.ReplaceAllString(text, mask.by)
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}

// buildPrograms builds jobctl, scheduler and worker into a folder.
func buildPrograms(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	build := append(append([]string{"build"}, builtWith()...), "-o", bin, "./cmd/...")
	if out, err := exec.Command("go", build...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
