package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const (
	schedulesPerPage = 100
	fewLabels        = 50 // that the filter offers
)

type schedulesPage struct {
	frame
	Sentence   string
	Recovering []recoveryRow
	Tabs       []tab
	Filter     scheduleFilter
	Clients    []job.Client
	Labels     []string // to choose from
	Filtered   bool
	Rows       []scheduleRow
	Total      int    // schedules that match
	First      int    // number of the first row
	Previous   string // URLs; empty: nowhere to go
	Next       string
}

// A scheduleFilter chooses schedules. Zero fields do not restrict.
type scheduleFilter struct {
	Text   string // part of the name, task, cron, zone or owner
	Client string
	Label  string // "term", or "term=2026-fall"
	State  string // one of conditions
	Page   int    // from 1
}

// A scheduleRow is a schedule as the list shows it.
type scheduleRow struct {
	job.Schedule
	Badges []chip
	Words  string
	Next   *localTime
	Last   *slotRow
}

// A condition is what about a schedule wants to be seen.
type condition struct {
	Key  string // in URLs
	Many string // "3 …"
	Chip chip
	Has  func(s job.Schedule, now time.Time) bool
}

var conditions = []condition{
	{"problem", "have a problem", chip{"Problem", "alert", "failed"}, func(s job.Schedule, _ time.Time) bool { return s.Problem != "" }},
	{"missing", "are missing", chip{"Missing", "expired", "failed"}, func(s job.Schedule, _ time.Time) bool { return s.Missing }},
	{"notice", "have a notice", chip{"Notice", "messages", "waiting"}, func(s job.Schedule, _ time.Time) bool { return len(s.Notices) > 0 }},
	{"paused", "are paused", chip{"Paused", "pause", "held"}, paused},
	{"off", "are switched off", chip{"Off", "aborted", "aborted"}, func(s job.Schedule, _ time.Time) bool { return !s.Enabled }},
	{"over", "are over", chip{"Over", "check", "aborted"}, over},
	{"customised", "are customised", chip{"Customised", "edit", "running"}, func(s job.Schedule, _ time.Time) bool { return len(s.Overrides) > 0 }},
}

func paused(s job.Schedule, now time.Time) bool {
	return s.PausedUntil != nil && s.PausedUntil.After(now)
}

func over(s job.Schedule, now time.Time) bool {
	return (s.EndsAt != nil && !s.EndsAt.After(now)) || (s.MaxRuns > 0 && s.Runs >= int64(s.MaxRuns))
}

// badges are what is to be said of s beside its name.
func badges(s job.Schedule, now time.Time) (chips []chip) {
	for _, c := range conditions {
		if c.Has(s, now) {
			chips = append(chips, c.Chip)
		}
	}
	return chips
}

// schedules serves GET /schedules: what runs when, by name.
func (s *server) schedules(w http.ResponseWriter, r *http.Request) error {
	filter, err := readScheduleFilter(r.URL.Query())
	if err != nil {
		return err
	}
	page, err := s.schedulesPage(r.Context(), filter, r.URL.Query(), s.viewer(r))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "schedules", page)
}

// readScheduleFilter reads the filter that a URL is.
func readScheduleFilter(q url.Values) (f scheduleFilter, err error) {
	f = scheduleFilter{
		Text:   strings.TrimSpace(q.Get("q")),
		Client: strings.TrimSpace(q.Get("client")),
		Label:  strings.TrimSpace(q.Get("label")),
		State:  q.Get("state"),
	}
	if f.State != "" && !slices.ContainsFunc(conditions, func(c condition) bool { return c.Key == f.State }) {
		return f, fault.New(fault.Invalid, "Schedules are never “%s”.", f.State).In("state")
	}
	f.Page, err = pageNumber(q)
	return f, err
}

// pageNumber reads which page of a list a URL means.
func pageNumber(q url.Values) (int, error) {
	word := q.Get("page")
	if word == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(word)
	if err != nil || n < 1 || n > 1e6 {
		return 1, fault.New(fault.Invalid, "“%s” is not the number of a page.", word).In("page")
	}
	return n, nil
}

func (s *server) schedulesPage(ctx context.Context, f scheduleFilter, q url.Values, own viewer) (page schedulesPage, err error) {
	page = schedulesPage{Filter: f, Filtered: f.Text != "" || f.Client != "" || f.Label != ""}
	if page.frame, err = s.frame(ctx, "Schedules", "schedules"); err != nil {
		return page, err
	}
	if page.Recovering, err = s.recovering(ctx); err != nil {
		return page, err
	}
	if page.Clients, err = s.Catalogue.Clients(ctx); err != nil {
		return page, fmt.Errorf("list clients: %w", err)
	}
	all, err := s.Schedules.Schedules(ctx)
	if err != nil {
		return page, fmt.Errorf("list schedules: %w", err)
	}
	now := s.now()
	page.Labels = labels(all)
	page.Sentence = scheduleSentence(all, now)
	chosen := page.count(all, q, now)
	page.cut(&chosen, q)
	page.Rows, err = s.scheduleRows(ctx, chosen, own)
	return page, err
}

// count makes the tabs, and returns the schedules that are in the open one.
func (p *schedulesPage) count(all []job.Schedule, q url.Values, now time.Time) (open []job.Schedule) {
	counts := map[string]int64{}
	for _, s := range all {
		if !p.Filter.matches(s) {
			continue
		}
		counts[""]++
		isOpen := p.Filter.State == ""
		for _, c := range conditions {
			if c.Has(s, now) {
				counts[c.Key]++
				isOpen = isOpen || c.Key == p.Filter.State
			}
		}
		if isOpen {
			open = append(open, s)
		}
	}
	p.Tabs = scheduleTabs(counts, p.Filter.State, q)
	slices.SortFunc(open, func(a, b job.Schedule) int { return strings.Compare(a.Name, b.Name) })
	return open
}

func scheduleTabs(counts map[string]int64, open string, q url.Values) []tab {
	tabs := []tab{{"All", counts[""], with("/schedules", q, "page", "", "state", ""), open == ""}}
	for _, c := range conditions {
		if counts[c.Key] > 0 || open == c.Key {
			tabs = append(tabs, tab{c.Chip.Word, counts[c.Key], with("/schedules", q, "page", "", "state", c.Key), open == c.Key})
		}
	}
	return tabs
}

func (f scheduleFilter) matches(s job.Schedule) bool {
	if f.Client != "" && f.Client != s.Client {
		return false
	}
	if name, value, both := strings.Cut(f.Label, "="); f.Label != "" {
		if got, ok := s.Labels[name]; !ok || (both && got != value) {
			return false
		}
	}
	return f.Text == "" || containsAny(f.Text, s.Name, s.Task, s.Cron, s.Zone, s.Owner)
}

// containsAny reports whether part is in one of the texts, in any case.
func containsAny(part string, texts ...string) bool {
	part = strings.ToLower(part)
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), part) })
}

// cut leaves the schedules of this page, and links to those beside it.
func (p *schedulesPage) cut(all *[]job.Schedule, q url.Values) {
	p.Total = len(*all)
	from := min((p.Filter.Page-1)*schedulesPerPage, p.Total)
	to := min(from+schedulesPerPage, p.Total)
	p.First = from + 1
	if p.Filter.Page > 1 {
		p.Previous = with("/schedules", q, "page", strconv.Itoa(p.Filter.Page-1))
	}
	if to < p.Total {
		p.Next = with("/schedules", q, "page", strconv.Itoa(p.Filter.Page+1))
	}
	*all = (*all)[from:to]
}

func (s *server) scheduleRows(ctx context.Context, schedules []job.Schedule, own viewer) ([]scheduleRow, error) {
	next, err := s.Timetable.NextOf(ctx, schedules)
	if err != nil {
		return nil, fmt.Errorf("work out what runs next: %w", err)
	}
	last, err := s.lastSlots(ctx, schedules)
	if err != nil {
		return nil, err
	}
	now := s.now()
	rows := make([]scheduleRow, len(schedules))
	for i, sch := range schedules {
		row := scheduleRow{Schedule: sch, Badges: badges(sch, now), Words: inWords(sch.Rule)}
		if at, ok := next[sch.Name]; ok {
			row.Next = new(briefTime(at, zoneOf(sch.Zone), own, now))
		}
		if slot, ok := last[sch.Name]; ok {
			row.Last = &slotRow{Slot: slot, Chip: chipOfSlot(slot)}
		}
		rows[i] = row
	}
	return rows, nil
}

// lastSlots returns the newest slot of each schedule that has any, by name.
func (s *server) lastSlots(ctx context.Context, schedules []job.Schedule) (map[string]job.Slot, error) {
	names := make([]string, len(schedules))
	for i, sch := range schedules {
		names[i] = sch.Name
	}
	last, err := s.Schedules.LastSlots(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("read the last slots of %d schedules: %w", len(names), err)
	}
	return last, nil
}

// scheduleSentence is the state of all schedules in one sentence.
func scheduleSentence(all []job.Schedule, now time.Time) string {
	if len(all) == 0 {
		return "Nothing is planned."
	}
	var parts []string
	for _, c := range conditions {
		n := 0
		for _, s := range all {
			if c.Has(s, now) {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, number(int64(n))+" "+singular(n, c.Many))
		}
	}
	sentence := counted(int64(len(all)), "schedule", "schedules")
	if len(parts) == 0 {
		return sentence + ", all as the code says."
	}
	return sentence + ": " + strings.Join(parts, ", ") + "."
}

// singular makes "are paused" fit one.
func singular(n int, verb string) string {
	if n != 1 {
		return verb
	}
	return strings.Replace(strings.Replace(verb, "are ", "is ", 1), "have ", "has ", 1)
}

// labels are what the filter offers of all labels.
func labels(all []job.Schedule) []string {
	seen := map[string]bool{}
	for _, s := range all {
		for name, value := range s.Labels {
			seen[strings.TrimSuffix(name+"="+value, "=")] = true
		}
	}
	sorted := slices.Sorted(maps.Keys(seen))
	return sorted[:min(len(sorted), fewLabels)]
}

func schedulePath(name string) string { return "/schedules/" + url.PathEscape(name) }
