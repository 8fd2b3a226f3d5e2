package proof_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/lms/reference"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

func TestMain(m *testing.M) { testservers.Main(m) }

var figures = flag.Bool("figures", false, "measure a large university on PostgreSQL")

// A figure is something that was measured, and what it must be.
type figure struct {
	name, unit string
	is, bound  float64
	least      bool // the bound is the least; otherwise the most
}

func (f figure) held() bool { return f.least == (f.is >= f.bound) || f.is == f.bound }

// TestFigures brings a large university into a platform that costs nothing,
// and prints how long it took. It needs a quiet machine and about four minutes.
func TestFigures(t *testing.T) {
	if !*figures {
		t.Skip("this takes minutes; -figures runs it")
	}
	l, err := ledger.Open(t.Context(), ledgertest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	dir := t.TempDir()
	rows := exports(t, dir)
	debug.FreeOSMemory()
	m := &measured{world: newWorld(l, university.Options{Seed: 1, Size: university.Sizes[0], Silent: true}), t: t, dir: dir}

	all := m.first()
	all = append(all, m.applied())
	all = append(all, m.again()...)
	all = append(all, m.delta()...)

	t.Logf("50,000 students, 8,000 sections, %d registrations, PostgreSQL", rows)
	for _, f := range all {
		word := map[bool]string{true: "at least", false: "at most"}[f.least]
		t.Logf("%-44s %9.1f %-10s %s %.0f", f.name, f.is, f.unit, word, f.bound)
		if !f.held() {
			t.Errorf("%s: %.1f %s, want %s %.0f", f.name, f.is, f.unit, word, f.bound)
		}
	}
}

// exports writes a full export of a large university, and the delta of its
// last 500 events; it returns how many registrations there are.
func exports(t *testing.T, dir string) int {
	large, err := university.SizeOf("large")
	if err != nil {
		t.Fatal(err)
	}
	u := university.New(university.Options{Seed: 1, Size: large, Silent: true, Without: []university.Kind{university.Drop, university.Return}})
	timeline := u.Timeline()
	state := u.After(timeline, len(timeline)-500)
	before := state.Export()
	write(t, filepath.Join(dir, "full.zip"), before)
	state.Advance(500)
	write(t, filepath.Join(dir, "delta.zip"), state.ExportSince(before.Campus, 400))
	return len(before.Registrations)
}

func write(t *testing.T, path string, d *university.Dump) {
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := university.Formats[0].Write(f, d); err != nil {
		t.Fatal(err)
	}
}

// measured is a world with a watch.
type measured struct {
	*world
	t   *testing.T
	dir string
}

// sync runs the chain on a file, and returns how long it took.
func (m *measured) sync(file string, args roster.Args) time.Duration {
	m.t.Helper()
	m.source.file = oneroster.CSV{Path: filepath.Join(m.dir, file)}
	m.lms.ResetCounts()
	clear(m.took)
	from, busy, served := time.Now(), processorTime(), serverTime(m.t)
	args.Sync = m.world.sync.Name
	if err := m.run(context.WithoutCancel(m.t.Context()), roster.TermsPull, args, false); err != nil {
		m.t.Fatal(err)
	}
	took := time.Since(from)
	m.t.Logf("%s: %v; on processors %v here and %v in PostgreSQL", file, took.Round(time.Millisecond),
		(processorTime() - busy).Round(time.Millisecond), (serverTime(m.t) - served).Round(time.Millisecond))
	for _, task := range roster.Chain {
		m.t.Logf("  %-28s %v", task, m.took[task].Round(time.Millisecond))
	}
	return took
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// serverTime is what PostgreSQL has used: the servers that this process has
// started, and those that they have.
func serverTime(t *testing.T) (used time.Duration) {
	t.Helper()
	parents := []string{strconv.Itoa(os.Getpid())}
	for len(parents) > 0 {
		children := childrenOf(t, parents[0])
		for _, pid := range children {
			used += ticksOf(pid)
		}
		parents = append(parents[1:], children...)
	}
	return used
}

// childrenOf returns the processes that the threads of another have started.
func childrenOf(t *testing.T, pid string) (all []string) {
	threads, err := filepath.Glob("/proc/" + pid + "/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		all = append(all, strings.Fields(string(text))...)
	}
	return all
}

// ticksOf returns what a process has used, and those of its children that have
// ended: see proc(5). A tick is a hundredth of a second.
func ticksOf(pid string) (used time.Duration) {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0 // it has ended
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	for _, ticks := range strings.Fields(rest)[11:15] {
		n, _ := strconv.Atoi(ticks)
		used += time.Duration(n) * 10 * time.Millisecond
	}
	return used
}

func (m *measured) first() []figure {
	resetPeak(m.t)
	took := m.sync("full.zip", roster.Args{DryRun: true})
	return []figure{
		{name: "first plan", unit: "s", is: took.Seconds(), bound: 60},
		{name: "memory of the process meanwhile, at the peak", unit: "MB", is: peak(m.t), bound: 300},
	}
}

func (m *measured) applied() figure {
	m.sync("full.zip", m.approved())
	rows := m.lms.Counts().Rows
	return figure{
		name: fmt.Sprintf("%d effects applied", rows), unit: "effects/s", least: true,
		is: float64(rows) / m.took[roster.RegistrationsProcess].Seconds(), bound: 2000,
	}
}

func (m *measured) again() []figure {
	took := m.sync("full.zip", m.approved())
	return []figure{
		{name: "full re-sync without a change", unit: "s", is: took.Seconds(), bound: 15},
		{name: "calls of the target meanwhile", unit: "calls", is: float64(calls(m.lms.Counts())), bound: 0},
	}
}

func (m *measured) delta() []figure {
	took := m.sync("delta.zip", m.approved())
	counts := m.lms.Counts()
	return []figure{
		{name: fmt.Sprintf("delta of 500 events, %d rows written", counts.Rows), unit: "s", is: took.Seconds(), bound: 5},
		{name: "calls that write, for each row", unit: "calls", is: float64(counts.Writes()) / float64(max(counts.Rows, 1)), bound: 0.05},
	}
}

func calls(c reference.Counts) (n int) {
	for _, calls := range c.Calls {
		n += calls
	}
	return n
}

// resetPeak forgets how much memory the process ever had.
func resetPeak(t *testing.T) {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600); err != nil {
		t.Logf("the peak of memory is that of the whole test: %v", err)
	}
}

// peak returns the most memory that the process has had since, in MB.
func peak(t *testing.T) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("this system does not tell how much memory a process has")
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return float64(kilobytes) / 1024
}
