package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// How many jobs a filter that no index knows looks at, at a time: fewer where it
// looks into their arguments.
const (
	mostLooked     = 100_000
	mostLookedInto = 40_000
)

func looked(f job.Filter) int {
	if len(f.Payload) > 0 {
		return mostLookedInto
	}
	return mostLooked
}

// Search returns the jobs that f chooses, newest first, and where the rest
// begins. A filter that no index knows looks at some jobs at a time, and so
// does one for words that very many jobs have: the rest are behind Next.
func (l *Ledger) Search(ctx context.Context, f job.Filter) (job.Found, error) {
	if f.Within != nil {
		return l.searchWithin(ctx, f)
	}
	found, err := l.searchAmong(ctx, f, fewFound)
	if found.Searched == fewFound {
		return l.searchAmong(ctx, f, mostFound)
	}
	return found, err
}

// searchAmong is [Ledger.Search] among so many jobs that have the words.
func (l *Ledger) searchAmong(ctx context.Context, f job.Filter, among int) (job.Found, error) {
	w, floor, err := l.bounded(ctx, f, among)
	if err != nil {
		return job.Found{}, err
	}
	query, args := w.query()
	jobs, err := list(ctx, l.read, scanJob, query, args...)
	found := job.Found{Jobs: jobs}
	switch {
	case len(jobs) == w.limit:
		found.Next = job.PlaceOf(jobs[len(jobs)-1]).Cursor()
	case floor.at.ID != "":
		found.Next, found.Searched = floor.at.Cursor(), floor.jobs
	}
	return found, wrap(err, "search jobs")
}

// CountJobs returns how many jobs f chooses, and no more than most. It looks as
// far as [Ledger.Search] does.
func (l *Ledger) CountJobs(ctx context.Context, f job.Filter, most int) (n int, err error) {
	w, _, err := l.bounded(ctx, f, mostFound)
	if err != nil {
		return 0, err
	}
	var parts []string
	for _, where := range w.parts() {
		parts = append(parts, fmt.Sprintf("SELECT id FROM (SELECT id FROM jobs WHERE %s LIMIT %d) AS part", strings.Join(where, " AND "), most))
	}
	query := fmt.Sprintf("SELECT COUNT(*) FROM (SELECT id FROM (%s) AS parts LIMIT %d) AS few", strings.Join(parts, " UNION ALL "), most)
	err = l.read.QueryRowContext(ctx, query, w.args...).Scan(&n)
	return n, wrap(err, "count the jobs of a filter")
}

// A floor is where a search stops for now: it looks at the job of that place,
// and at none that is older.
type floor struct {
	at   job.Place
	jobs int // how many are looked at
}

// bounded returns the walk of f, which looks at so many jobs and no more.
func (l *Ledger) bounded(ctx context.Context, f job.Filter, among int) (*walk, floor, error) {
	if err := f.Check(); err != nil {
		return nil, floor{}, err
	}
	w, err := l.walk(ctx, f)
	if err != nil {
		return nil, floor{}, err
	}
	lowest, err := l.look(ctx, f, w, among)
	if err != nil {
		return nil, floor{}, wrap(err, "search jobs")
	}
	if lowest.at.ID != "" {
		w.bounds = append(w.bounds, fmt.Sprintf("(created_at, id) >= (%s, %s)", w.arg(millis(lowest.at.Created)), w.arg(lowest.at.ID)))
	}
	return w, lowest, nil
}

// look finds out how far w may look, if it may not look at everything.
func (l *Ledger) look(ctx context.Context, f job.Filter, w *walk, among int) (floor, error) {
	if s, ok := searchOf(f); ok {
		w.tagged(f.Tags)
		before, err := l.place(ctx, f.Before)
		if err != nil {
			return floor{}, err
		}
		return l.lookFor(ctx, s.during(f.Created, before), w, among)
	}
	if len(f.Tags) > 0 {
		return l.lookForTags(ctx, f, w, among)
	}
	if len(w.narrows) == 0 {
		return floor{}, nil
	}
	return l.lookAlong(ctx, f)
}

// during returns s of some time, up to a place.
func (s search) during(p job.Period, before job.Place) search {
	s.from, s.to = millis(p.From), millis(before.Created)
	if to := millis(p.To) - 1; to > 0 && (s.to == 0 || to < s.to) {
		s.to = to
	}
	return s
}

// lookFor finds the jobs that have the words.
func (l *Ledger) lookFor(ctx context.Context, s search, w *walk, among int) (floor, error) {
	ids, more, err := l.find(ctx, s, among)
	if err != nil {
		return floor{}, err
	}
	return l.keepTo(ctx, w, ids, more)
}

// keepTo keeps w to the jobs of ids, which are in the order of a list; there may
// be more behind them.
func (l *Ledger) keepTo(ctx context.Context, w *walk, ids []string, more bool) (floor, error) {
	condition, arg, err := l.among("id", ids)
	if err != nil {
		return floor{}, err
	}
	w.found = strings.Replace(condition, "$1", w.arg(arg), 1)
	if !more {
		return floor{}, nil
	}
	first, err := l.Job(ctx, ids[0])
	if err != nil {
		return floor{}, err
	}
	last, err := l.Job(ctx, ids[len(ids)-1])
	return floor{lowestOf(first, last), len(ids)}, err
}

// lowestOf returns where a search stops that went from first to last. There may
// be more jobs of the last one's moment, so that it stops before those.
func lowestOf(first, last job.Job) job.Place {
	if first.Created.Equal(last.Created) {
		return job.PlaceOf(last)
	}
	return job.Place{Created: last.Created.Add(time.Millisecond), ID: "0"}
}

// lookAlong finds where the walk of f has passed as many jobs as it may look
// at. Only what its index knows takes part.
func (l *Ledger) lookAlong(ctx context.Context, f job.Filter) (floor, error) {
	if f.Root != "" {
		return floor{}, nil // a lineage is small
	}
	w, err := l.walk(ctx, indexed(f))
	if err != nil {
		return floor{}, err
	}
	along := "1 = 1"
	if parts := w.one(); len(parts[0]) > 0 {
		along = strings.Join(parts[0], " AND ")
	}
	query := fmt.Sprintf("SELECT id, created_at FROM jobs WHERE %s ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET %d", along, looked(f)-1)
	places, err := list(ctx, l.read, scanJobPlace, query, w.args...)
	if err != nil || len(places) == 0 {
		return floor{}, err
	}
	return floor{places[0], looked(f)}, nil
}

// indexed returns what the index that f walks along knows of f.
func indexed(f job.Filter) job.Filter {
	along := job.Filter{Before: f.Before, Created: f.Created, Errors: f.Errors}
	switch {
	case f.Schedule != "":
		along.Schedule, along.Errors = f.Schedule, false
	case f.Owner != "":
		along.Owner = f.Owner
	case f.Task != "" && !strings.HasSuffix(f.Task, "*"):
		along.Task, along.Client = f.Task, f.Client
	case f.Client != "":
		along.Client = f.Client
	case len(f.States) == 1:
		along.States = f.States
	default:
		along.Errors = false
	}
	return along
}

func scanJobPlace(r row) (p job.Place, err error) {
	var created int64
	err = r.Scan(&p.ID, &created)
	p.Created = instant(created)
	return p, err
}

// place returns where a list goes on; the zero Place is its beginning.
func (l *Ledger) place(ctx context.Context, before string) (job.Place, error) {
	if before == "" {
		return job.Place{}, nil
	}
	p, ok, err := job.ParseCursor(before)
	if ok || err != nil {
		return p, err
	}
	j, err := l.Job(ctx, before)
	return job.PlaceOf(j), err
}

// bound keeps the walk to jobs of some time, behind a place.
func (w *walk) bound(p job.Period, before job.Place) {
	if before.ID != "" {
		w.bounds = append(w.bounds, fmt.Sprintf("(created_at, id) < (%s, %s)", w.arg(millis(before.Created)), w.arg(before.ID)))
	}
	if !p.From.IsZero() {
		w.bounds = append(w.bounds, "created_at >= "+w.arg(millis(p.From)))
	}
	if !p.To.IsZero() {
		w.bounds = append(w.bounds, "created_at < "+w.arg(millis(p.To)))
	}
}

// narrow adds what no index knows.
func (w *walk) narrow(f job.Filter, d dialect) {
	if begin, open := strings.CutSuffix(f.Task, "*"); open && begin != "" {
		w.narrows = append(w.narrows, startsWith(w, "(task || '')", key(begin)))
	}
	for _, one := range []filter{{"queue", f.Queue}, {"worker", f.Server}} {
		if one.arg != "" {
			w.narrows = append(w.narrows, aside(filter{one.column, w.arg(key(one.arg))}))
		}
	}
	now := time.Now().UnixMilli()
	w.lasting(f.Run, "COALESCE(ended_at, %s) - started_at", now)
	w.lasting(f.Wait, "COALESCE(started_at, ended_at, %s) - CASE WHEN failures = 0 AND due_at > created_at THEN due_at ELSE created_at END", now)
	if f.Within != nil {
		w.narrows = append(w.narrows, w.within(f.Within))
	}
	for _, c := range f.Payload {
		w.narrows = append(w.narrows, w.content(c, d))
	}
	if s, ok := searchOf(f); ok {
		for _, id := range s.ids {
			w.narrows = append(w.narrows, startsWith(w, "(id || '')", id))
		}
	}
}

// lasting bounds how long something took; until is now for what goes on.
func (w *walk) lasting(s job.Span, took string, now int64) {
	if s.Over > 0 {
		w.narrows = append(w.narrows, fmt.Sprintf(took, w.arg(now))+" >= "+w.arg(s.Over.Milliseconds()))
	}
	if s.Under > 0 {
		w.narrows = append(w.narrows, fmt.Sprintf(took, w.arg(now))+" < "+w.arg(s.Under.Milliseconds()))
	}
}

// content compares a field of the arguments, as text. Arguments that are no
// JSON have none.
func (w *walk) content(c job.Content, d dialect) string {
	steps, value := `"`+strings.Join(c.Steps(), `","`)+`"`, key(c.Value)
	if d == postgres {
		return `CASE WHEN args LIKE '%\\u0000%' THEN NULL ELSE args::json #>> CAST(` + w.arg("{"+steps+"}") + ` AS TEXT[]) END = ` + w.arg(value)
	}
	path := w.arg("$." + strings.ReplaceAll(steps, ",", "."))
	return `CASE WHEN NOT json_valid(args) THEN NULL WHEN json_type(args, ` + path + `) IN ('true', 'false') THEN json_type(args, ` + path + `)
		ELSE CAST(json_extract(args, ` + path + `) AS TEXT) END = ` + w.arg(value)
}

// one returns the conditions of a walk that looks at each job: it must not be
// several, or nobody could say how far it has come.
func (w *walk) one() (parts [][]string) {
	var states []string
	if len(w.states) > 1 || len(w.states) == 1 && (w.found != "" || len(w.filters) > 0) {
		states = []string{w.oneOf("(state || '')", w.states)}
	}
	switch {
	case w.found != "":
		parts = [][]string{append(append([]string{w.found}, w.aside(w.filters)...), w.troubledAside("")...)}
	case len(w.filters) > 0:
		parts = w.alongFilter("")
	case len(w.states) == 1:
		parts = [][]string{w.alongState(w.states[0])}
	default:
		parts = [][]string{append(w.aside(nil), w.troubledAside("")...)}
	}
	for i := range parts {
		parts[i] = append(parts[i], states...)
	}
	return parts
}

func (w *walk) oneOf(column string, states []job.State) string {
	args := make([]string, len(states))
	for i, s := range states {
		args[i] = w.arg(string(s))
	}
	return column + " IN (" + strings.Join(args, ", ") + ")"
}

// within is the condition that a job is of one of the reaches.
func (w *walk) within(reaches []job.Reach) string {
	some := []string{"1 = 0"}
	for _, r := range reaches {
		all := []string{"1 = 1"}
		for _, one := range []filter{{"client", r.Client}, {"owner", r.Owner}} {
			if one.arg != "" {
				all = append(all, aside(filter{one.column, w.arg(key(one.arg))}))
			}
		}
		if begin, open := strings.CutSuffix(r.Tasks, "*"); !open && begin != "" {
			all = append(all, aside(filter{"task", w.arg(key(begin))}))
		} else if begin != "" {
			all = append(all, startsWith(w, "(task || '')", key(begin)))
		}
		some = append(some, strings.Join(all, " AND "))
	}
	return "(" + strings.Join(some, " OR ") + ")"
}
