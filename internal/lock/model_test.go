package lock

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

// TestNeverGrantsAConflictAndForgetsNobody takes, gives back, stops waiting and
// changes limits at random, beside a model that is a map of who runs and a list
// of who waits.
func TestNeverGrantsAConflictAndForgetsNobody(t *testing.T) {
	rdb := client(t, testservers.Redis(t))
	rapid.Check(t, func(t *rapid.T) {
		rdb.FlushAll(context.Background())
		m := &model{lua: lua{nil, rdb}, runs: map[string]modelJob{}, limits: map[string]int{}}
		t.Repeat(map[string]func(*rapid.T){
			"take": m.take, "take called": m.takeCalled, "take again": m.takeAgain,
			"give": m.give, "leave": m.leave, "limit": m.limit, "": m.check,
		})
		m.drain(t)
	})
}

// A modelJob is one that runs or waits.
type modelJob struct {
	id    string
	who   who
	wants job.Wants

	locked bool   // it was refused for a lock, and so stands in the lines
	place  string // the limit that it was refused for at last
	called bool
}

// A model is what ought to be.
type model struct {
	lua    lua
	last   int
	runs   map[string]modelJob
	line   []*modelJob // first come first
	limits map[string]int
}

var (
	someNames  = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a/x", "a/y", "/z"}), 0, 2, rapid.ID[string])
	someClient = rapid.SampledFrom([]string{"a", "a", "b", ""})
	someTask   = rapid.SampledFrom([]string{"t", "u"})
	someScope  = rapid.SampledFrom([]string{"all", "client:a", "client:*", "task:t", "task:t:client:*", "task:u:client:a"})
)

func (m *model) take(t *rapid.T) {
	m.last++
	j := &modelJob{id: fmt.Sprint("j", m.last), who: who{Task: someTask.Draw(t, "task"), Client: someClient.Draw(t, "client"), Queue: "q", Worker: "w"}}
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		j.wants.Blocking = true
	case 1, 2:
	default:
		j.wants = job.Wants{Reads: someNames.Draw(t, "reads"), Writes: someNames.Draw(t, "writes")}
	}
	m.line = append(m.line, j)
	m.try(t, j)
}

func (m *model) takeCalled(t *rapid.T) {
	i := slices.IndexFunc(m.line, func(j *modelJob) bool { return j.called })
	if i >= 0 {
		m.try(t, m.line[i])
	}
}

func (m *model) takeAgain(t *rapid.T) {
	if len(m.line) > 0 {
		m.try(t, rapid.SampledFrom(m.line).Draw(t, "waiter"))
	}
}

func (m *model) give(t *rapid.T) {
	if len(m.runs) > 0 {
		m.gives(t, rapid.SampledFrom(slices.Sorted(maps.Keys(m.runs))).Draw(t, "holder"))
	}
}

func (m *model) gives(t *rapid.T, id string) {
	j := m.runs[id]
	delete(m.runs, id)
	w := j.who
	w.Wants = new(j.text())
	m.do(t, on("give", id, w))
}

func (m *model) leave(t *rapid.T) {
	if len(m.line) > 0 {
		j := rapid.SampledFrom(m.line).Draw(t, "waiter")
		m.remove(j)
		m.do(t, on("leave", j.id))
	}
}

func (m *model) limit(t *rapid.T) {
	scope, most := someScope.Draw(t, "scope"), rapid.IntRange(0, 3).Draw(t, "max")
	if m.limits[scope] = most; most == 0 {
		delete(m.limits, scope)
	}
	var all []job.Limit
	for scope, most := range m.limits {
		limit := job.Limit{Max: most}
		limit.Task, limit.Client = parseScope(scope)
		all = append(all, limit)
	}
	if err := New(m.lua.rdb).SetLimits(context.Background(), all); err != nil {
		t.Fatal(err)
	}
	m.do(t, on("sweep"))
}

func (m *model) remove(j *modelJob) {
	m.line = slices.DeleteFunc(m.line, func(other *modelJob) bool { return other == j })
}

// do makes a call and then asks who may go.
func (m *model) do(t *rapid.T, call []any) []json.RawMessage {
	m.lua.TB = t
	answers := m.lua.calls(call, on("call"))
	m.note(t, answers[1][0])
	if call[0] == "sweep" {
		m.note(t, answers[0][0])
	}
	return answers[0]
}

func (m *model) note(t *rapid.T, answer json.RawMessage) {
	var called [][3]string
	if string(answer) != "{}" {
		if err := json.Unmarshal(answer, &called); err != nil {
			t.Fatalf("called %s: %v", answer, err)
		}
	}
	for _, c := range called {
		i := slices.IndexFunc(m.line, func(j *modelJob) bool { return j.id == c[0] })
		if i < 0 {
			t.Fatalf("%s is called, which does not wait", c[0])
		}
		m.line[i].called = true
	}
	m.follow(t)
}

// follow learns which of those who waited for a place have moved on to stand
// in the lines of their resources, because they could have had the place.
func (m *model) follow(t *rapid.T) {
	waiters := m.lua.rdb.HGetAll(context.Background(), prefix+"waiters").Val()
	if len(waiters) != len(m.line) {
		t.Fatalf("%d wait, want %d", len(waiters), len(m.line))
	}
	for _, j := range m.line {
		w, err := parseWaiter(j.id, waiters[j.id])
		if err != nil {
			t.Fatal(err)
		}
		if j.locked && !w.Locks {
			t.Fatalf("%s has lost its place in line", j.id)
		}
		if w.Locks {
			j.locked = true
		}
		if j.place = ""; len(w.Places) > 0 {
			j.place = w.Places[0]
		}
	}
}

func (m *model) try(t *rapid.T, j *modelJob) {
	// Whoever is called because this one was refused is noted after this.
	j.called = false
	m.lua.TB = t
	answers := m.lua.calls(on("try", j.id, j.who, j.text()), on("call"))
	var why reason
	if len(answers[0]) > 1 {
		if err := json.Unmarshal(answers[0][1], &why); err != nil {
			t.Fatal(err)
		}
	}
	switch obstacle := m.obstacle(j); {
	case why.Kind == "" && m.conflicts(j) != "":
		t.Fatalf("%s is granted beside %s", j.id, m.conflicts(j))
	case why.Kind != "" && obstacle == "":
		t.Fatalf("%s is refused for %+v, and nothing is in its way", j.id, why)
	case why.Kind == "":
		m.remove(j)
		m.runs[j.id] = *j
	case why.Kind == "limit":
		j.place = why.Name
	default:
		j.locked, j.place = true, ""
	}
	m.note(t, answers[1][0])
}

func (j *modelJob) text() string {
	if !j.wants.Blocking && len(j.wants.Reads)+len(j.wants.Writes) == 0 {
		return ""
	}
	raw, _ := json.Marshal(j.wants)
	return string(raw)
}

// conflicts names what forbids j to run: who runs, who stands before it in
// line, a limit.
func (m *model) conflicts(j *modelJob) string {
	for _, other := range m.runs {
		if clash(j, &other) {
			return "holder " + other.id
		}
	}
	for _, other := range m.line {
		if other == j {
			break
		}
		if other.locked && clash(j, other) {
			return "earlier waiter " + other.id
		}
	}
	return m.overfull(j, func(*modelJob) bool { return false })
}

// obstacle is like conflicts, and counts places that are kept for others.
func (m *model) obstacle(j *modelJob) string {
	if by := m.conflicts(j); by != "" {
		return by
	}
	return m.overfull(j, func(other *modelJob) bool { return other != j && (other.called || other.place != "") })
}

func (m *model) overfull(j *modelJob, kept func(*modelJob) bool) string {
	for _, scope := range scopesOf(j) {
		most, limited := m.max(scope)
		n := 0
		for _, other := range m.runs {
			if slices.Contains(scopesOf(&other), scope) {
				n++
			}
		}
		for _, other := range m.line {
			if kept(other) && slices.Contains(scopesOf(other), scope) {
				n++
			}
		}
		if limited && n >= most {
			return "limit " + scope
		}
	}
	return ""
}

func scopesOf(j *modelJob) []string {
	return []string{"all", "client:" + j.who.Client, "task:" + j.who.Task, "task:" + j.who.Task + ":client:" + j.who.Client}
}

func (m *model) max(scope string) (int, bool) {
	if most, ok := m.limits[scope]; ok {
		return most, true
	}
	task, _ := parseScope(scope)
	if scope == "all" || scope == "task:"+task {
		return 0, false
	}
	most, ok := m.limits[scopeOf(task, "*")]
	return most, ok
}

// clash reports whether two jobs cannot run side by side.
func clash(a, b *modelJob) bool {
	return overlap(a.wants.Writes, b.wants.Writes) || overlap(a.wants.Writes, b.wants.Reads) || overlap(a.wants.Reads, b.wants.Writes) ||
		a.excludes(b) || b.excludes(a)
}

func (j *modelJob) excludes(other *modelJob) bool {
	return j.wants.Blocking && (j.who.Client == "" || j.who.Client == other.who.Client)
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// check compares the model with what is kept.
func (m *model) check(t *rapid.T) {
	for _, j := range m.line {
		if !j.called && m.obstacle(j) == "" {
			t.Fatalf("%s (%+v) may go and was not called", j.id, j)
		}
	}
	use := map[string]string{}
	for _, j := range m.runs {
		for _, scope := range scopesOf(&j) {
			n, _ := strconv.Atoi(use[scope])
			use[scope] = strconv.Itoa(n + 1)
		}
	}
	ctx := context.Background()
	if diff := cmp.Diff(use, m.lua.rdb.HGetAll(ctx, prefix+"use").Val(), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("jobs counted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(m.held(), m.listed(t), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("held (-want +got):\n%s", diff)
	}
}

// held says who ought to hold what, as "resource: job mode".
func (m *model) held() []string {
	var all []string
	for id, j := range m.runs {
		for _, name := range j.wants.Writes {
			all = append(all, name+": "+id+" write")
		}
		for _, name := range j.wants.Reads {
			if !slices.Contains(j.wants.Writes, name) {
				all = append(all, name+": "+id+" read")
			}
		}
		if j.wants.Blocking {
			all = append(all, j.who.Client+"/*: "+id+" write")
		}
	}
	slices.Sort(all)
	return all
}

func (m *model) listed(t *rapid.T) []string {
	locks, err := New(m.lua.rdb).List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, lock := range locks {
		for _, h := range lock.Holders {
			all = append(all, lock.Resource+": "+h.JobID+" "+h.Mode)
		}
	}
	slices.Sort(all)
	return all
}

// drain lets everybody who waits run, and wants nothing to be left behind.
func (m *model) drain(t *rapid.T) {
	for range 20 * (len(m.line) + 1) {
		for _, id := range slices.Sorted(maps.Keys(m.runs)) {
			m.gives(t, id)
			m.check(t)
		}
		for _, j := range slices.Clone(m.line) {
			if j.called {
				m.try(t, j)
				m.check(t)
			}
		}
	}
	if len(m.line)+len(m.runs) > 0 {
		t.Fatalf("%d jobs wait for ever, %d run", len(m.line), len(m.runs))
	}
	left := m.lua.rdb.Keys(context.Background(), "*").Val()
	left = slices.DeleteFunc(left, func(key string) bool {
		return slices.Contains([]string{prefix + "fence", prefix + "ticket", prefix + "limits"}, key)
	})
	if len(left) > 0 {
		t.Fatalf("left behind: %q", left)
	}
}
