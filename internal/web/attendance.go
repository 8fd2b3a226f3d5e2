package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Attendance is what the pages know of the attendance that is posted to the SIS,
// and how people let go what is held of it.
type Attendance interface {
	Attendance(ctx context.Context, f sync.AttendanceFilter) ([]sync.Attendance, error)
	AttendanceSummaries(ctx context.Context, f sync.AttendanceFilter) ([]sync.AttendanceSummary, error)
	AttendanceHolds(ctx context.Context, name string, from, to sis.Date) ([]sync.AttendanceHold, error)
	AttendanceCounts(ctx context.Context, name string) (map[sync.AttendanceState]int64, error)

	// ReleaseDay lets a held day of a section be posted, or without one what is held
	// of the whole sync, and starts the job that computes and posts the day anew.
	ReleaseDay(ctx context.Context, name, section string, day sis.Date, reason string) (job.Job, error)
}

type attendancePage struct {
	frame
	Syncs    []link // one for each sync; none if there is only one
	Sync     string
	Sentence string
	Tabs     []tab
	Filter   sync.AttendanceFilter
	Filtered bool
	Held     []heldDay // open holds, the newest day first
	Rows     []attendanceRow
	Newest   string // URLs; empty: nowhere to go
	Older    string
	Operates bool
	Begun    *begun
}

// A heldDay is a day that is not posted until a person lets it go.
type heldDay struct {
	sync.AttendanceHold
	Release string // URL
}

// An attendanceRow is what is known of a section on a day.
type attendanceRow struct {
	sync.AttendanceSummary
	States  []stateCount
	Section string // URL
	People  string // URL
}

// A stateCount is how many people of a day are in a state.
type stateCount struct {
	Chip chip
	N    int64
}

var attendanceChips = map[sync.AttendanceState]chip{
	sync.AttComputed: {"To be posted", "clock", "queued"},
	sync.AttPosted:   {"Posted", "check", "succeeded"},
	sync.AttUnknown:  {"Not known", "alert", "waiting"},
	sync.AttHeld:     {"Held", "held", "held"},
	sync.AttConflict: {"Conflict", "alert", "waiting"},
	sync.AttRefused:  {"Refused", "failed", "failed"},
}

// attendance serves GET /attendance: the days of sections, the newest first, and
// what is held.
func (s *server) attendance(w http.ResponseWriter, r *http.Request) error {
	page, err := s.attendancePage(r)
	if err != nil {
		return err
	}
	if page.Sync != "" {
		if err := page.fill(r.Context(), s, r.URL.Query()); err != nil {
			return err
		}
	}
	return s.render(w, r, http.StatusOK, "attendance", page)
}

// attendancePage is what both pages of attendance begin with.
func (s *server) attendancePage(r *http.Request) (page attendancePage, err error) {
	if page.Filter, err = s.attendanceFilter(r); err != nil {
		return page, err
	}
	f := page.Filter
	page.Sync, page.Filtered = f.Sync, !f.From.IsZero() || !f.To.IsZero() || f.Section != "" || f.Person != "" || f.Code != ""
	if page.Begun, err = s.begun(r); err != nil {
		return page, err
	}
	if page.frame, err = s.frame(r.Context(), "Attendance", "attendance"); err != nil || page.Sync == "" {
		return page, err
	}
	page.Syncs, page.Operates = switcher(r.URL.Path, s.syncs(r.Context())), s.Campus.OperatesSync(r.Context(), page.Sync)
	counts, err := s.Campus.AttendanceCounts(r.Context(), page.Sync)
	if err != nil {
		return page, fmt.Errorf("count attendance: %w", err)
	}
	page.Tabs = attendanceTabs(counts, r)
	return page, nil
}

func (s *server) attendanceFilter(r *http.Request) (f sync.AttendanceFilter, err error) {
	q := r.URL.Query()
	f = sync.AttendanceFilter{Section: strings.TrimSpace(q.Get("section")), Person: strings.TrimSpace(q.Get("person")), Code: q.Get("code"), Limit: perPage + 1}
	if f.Sync, err = s.syncOf(r.Context(), q); err != nil {
		return f, err
	}
	for field, day := range map[string]*sis.Date{"from": &f.From, "to": &f.To} {
		if day.UnmarshalText([]byte(q.Get(field))) != nil {
			return f, fault.New(fault.Invalid, "“%s” is not a day, such as 2026-10-05.", q.Get(field)).In(field)
		}
	}
	if f.After, err = attendanceAfter(q.Get("after")); err != nil {
		return f, err
	}
	f.State, err = oneOf(q, "state", sync.AttendanceStates, "Attendance is never “%s”.")
	return f, err
}

// attendanceCursor is where a page ended. Keys of the SIS have no line breaks.
func attendanceCursor(p sync.AttendancePlace) string {
	return p.Day.String() + "\n" + p.Section + "\n" + p.Person
}

func attendanceAfter(text string) (p sync.AttendancePlace, err error) {
	if text == "" {
		return p, nil
	}
	parts := strings.Split(text, "\n")
	if len(parts) != 3 || p.Day.UnmarshalText([]byte(parts[0])) != nil {
		return p, fault.New(fault.Invalid, "The list does not go on there.").In("after")
	}
	p.Section, p.Person = parts[1], parts[2]
	return p, nil
}

// attendanceTabs lead from the days of sections to those of people, by state.
func attendanceTabs(counts map[sync.AttendanceState]int64, r *http.Request) []tab {
	var total int64
	for _, n := range counts {
		total += n
	}
	q, byPerson := r.URL.Query(), strings.HasSuffix(r.URL.Path, "/people")
	to := func(path, state string) string { return with(path, q, "after", "", "job", "", "state", state) }
	tabs := []tab{
		{"Sections", -1, with(to("/attendance", ""), nil, "person", "", "code", ""), !byPerson},
		{"People", total, to("/attendance/people", ""), byPerson && q.Get("state") == ""},
	}
	for _, state := range sync.AttendanceStates {
		if counts[state] > 0 || q.Get("state") == string(state) {
			tabs = append(tabs, tab{attendanceChips[state].Word, counts[state], to("/attendance/people", string(state)), q.Get("state") == string(state)})
		}
	}
	return tabs
}

// fill reads the days of sections, and what is held of any.
func (p *attendancePage) fill(ctx context.Context, s *server, q url.Values) error {
	found, err := s.Campus.AttendanceSummaries(ctx, p.Filter)
	if err != nil {
		return fmt.Errorf("list attendance: %w", err)
	}
	holds, err := s.Campus.AttendanceHolds(ctx, p.Sync, p.Filter.From, p.Filter.To)
	if err != nil {
		return fmt.Errorf("list held attendance: %w", err)
	}
	for _, h := range holds {
		if h.Open() && (p.Filter.Section == "" || h.Section == "" || h.Section == p.Filter.Section) {
			p.Held = append(p.Held, heldDay{h, releasePath(p.Sync, h.Day, h.Section)})
		}
	}
	p.Sentence = attendanceSentence(len(found), int64(len(p.Held)))
	p.list(found, q)
	return nil
}

func releasePath(name string, day sis.Date, section string) string {
	return with("/attendance/"+url.PathEscape(name)+"/"+day.String()+"/release", nil, "section", section)
}

func attendanceSentence(days int, held int64) string {
	switch {
	case held > 0:
		return counted(held, "day waits", "days wait") + " for a person: nothing more of " + either(held == 1, "it", "them") + " is posted until then."
	case days == 0:
		return "There is no attendance of such days."
	}
	return "Nothing is held."
}

func (p *attendancePage) list(found []sync.AttendanceSummary, q url.Values) {
	if !p.Filter.After.Day.IsZero() {
		p.Newest = with("/attendance", q, "after", "", "job", "")
	}
	if len(found) > perPage {
		found = found[:perPage]
		last := found[perPage-1]
		p.Older = with("/attendance", q, "job", "", "after", attendanceCursor(sync.AttendancePlace{Day: last.Day, Section: last.Section}))
	}
	for _, one := range found {
		p.Rows = append(p.Rows, attendanceRowOf(p.Sync, one))
	}
}

func attendanceRowOf(name string, one sync.AttendanceSummary) attendanceRow {
	day := one.Day.String()
	row := attendanceRow{
		AttendanceSummary: one, Section: sectionPath(name, one.Section),
		People: with("/attendance/people", nil, "sync", name, "section", one.Section, "from", day, "to", day),
	}
	for _, state := range sync.AttendanceStates {
		if n := one.States[state]; n > 0 {
			row.States = append(row.States, stateCount{attendanceChips[state], n})
		}
	}
	return row
}
