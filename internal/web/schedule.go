package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// How much of a schedule one page shows.
const (
	nextRuns     = 10
	latestSlots  = 20
	latestChange = 50
)

type schedulePage struct {
	frame
	Schedule  job.Schedule
	Sentence  string
	Badges    []chip
	Labels    string
	Meaning   job.Preview // empty if its cron or zone cannot be read
	Rule      []ruleRow
	All       []link // revert all of a layer
	Next      runs
	Zone      string
	Strip     template.HTML
	Slots     []slotRow
	Changes   []changeRow
	Paused    bool
	Args      string
	CanDelete bool
}

// A slotRow is a slot as lists show it.
type slotRow struct {
	job.Slot
	Chip chip
	At   localTime
	Lag  string
}

var slotChips = map[job.SlotOutcome]chip{
	job.SlotRan:      {"Ran", "check", "succeeded"},
	job.SlotRanLate:  {"Ran late", "clock", "waiting"},
	job.SlotCaughtUp: {"Caught up", "retry", "waiting"},
	job.SlotSkipped:  {"Skipped", "aborted", "aborted"},
	job.SlotExcluded: {"Excluded", "calendar", "aborted"},
	job.SlotPaused:   {"Paused", "pause", "held"},
	job.SlotBlocked:  {"Blocked", "aborted", "aborted"},
	job.SlotMissed:   {"Missed", "failed", "failed"},
}

// chipOfSlot tells a slot that is about to become a job from one that waits
// for something.
func chipOfSlot(slot job.Slot) chip {
	switch {
	case slot.Outcome.Final():
		return slotChips[slot.Outcome]
	case slot.Reason != "" || slot.Recovery != 0:
		return chip{"Waits", "waiting", "waiting"}
	}
	return chip{"Starting", "queued", "queued"}
}

func chipOfLayer(l job.Layer) chip {
	if l == job.LayerClient {
		return chip{"Client", "key", "held"}
	}
	return chip{"Platform", "edit", "running"}
}

// schedule serves GET /schedules/{name}: everything known of one schedule.
func (s *server) schedule(w http.ResponseWriter, r *http.Request) error {
	sch, err := s.Schedules.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return fmt.Errorf("read schedule: %w", err)
	}
	page, err := s.schedulePage(r.Context(), sch, s.viewer(r))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "schedule", page)
}

func (s *server) schedulePage(ctx context.Context, sch job.Schedule, own viewer) (page schedulePage, err error) {
	now, zone := s.now(), zoneOf(sch.Zone)
	page = schedulePage{
		Schedule: sch, Badges: badges(sch, now), Labels: writeLabels(sch.Labels), Args: pretty(sch.Args),
		Zone: zone.String(), Paused: paused(sch, now), CanDelete: !sch.Declared || sch.Missing,
		All: revertAll(sch),
	}
	if page.frame, err = s.frame(ctx, sch.Name, "schedules"); err != nil {
		return page, err
	}
	if page.Rule, err = ruleRows(sch); err != nil {
		return page, err
	}
	if err = s.foresee(ctx, &page, own); err != nil {
		return page, err
	}
	slots, err := s.newestSlots(ctx, sch)
	if err != nil {
		return page, err
	}
	page.Strip, page.Slots = slotStrip(slots, zone), s.slotRows(slots[:min(len(slots), latestSlots)], zone, own)
	page.Changes, err = s.changes(ctx, sch)
	page.Sentence = whereItStands(page, now)
	return page, err
}

// foresee adds what the schedule means and when it runs next. One that cannot
// be read says so itself.
func (s *server) foresee(ctx context.Context, page *schedulePage, own viewer) (err error) {
	sch := page.Schedule
	if page.Meaning, err = s.Timetable.Preview(ctx, sch, nextRuns); fault.KindOf(err) == fault.Invalid {
		page.Schedule.Problem = cmp.Or(sch.Problem, fault.Message(err))
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what schedule %s means: %w", sch.Name, err)
	}
	if !sch.Missing && sch.Problem == "" {
		page.Next = runsOf(page.Meaning.Next, zoneOf(sch.Zone), own, s.now())
	}
	return nil
}

func (s *server) slotRows(slots []job.Slot, zone *time.Location, own viewer) (rows []slotRow) {
	for _, slot := range slots {
		row := slotRow{Slot: slot, Chip: chipOfSlot(slot), At: localTimeOf(slot.Due, zone, own, s.now())}
		if slot.Outcome.Ran() {
			row.Lag = lag(slot.Lag)
		}
		rows = append(rows, row)
	}
	return rows
}

// lag is how late something began; what is under a minute matters to the
// millisecond.
func lag(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return duration(d)
}

// whereItStands says what becomes of the schedule, as a person would.
func whereItStands(page schedulePage, now time.Time) string {
	sch := page.Schedule
	switch {
	case sch.Missing:
		return "It does not run: no worker announces it any more."
	case sch.Problem != "":
		return "It does not run until its problem is solved."
	case !sch.Enabled:
		return "It is switched off."
	case page.Paused:
		return "It is paused, and goes on " + relative(*sch.PausedUntil, now) + "."
	}
	for _, f := range page.Next.Rows {
		if !f.Skipped {
			return "Runs " + page.Meaning.Text + "; next " + f.In + "."
		}
	}
	return "It does not run again."
}

// A ruleRow is one setting: what holds, what the code says, and what people
// have set.
type ruleRow struct {
	Label, Holds, Default string
	Same                  bool // nobody has set it
	Overrides             []overrideRow
}

// An overrideRow is what was set in one layer.
type overrideRow struct {
	job.Override
	Says   string
	Then   string // what the code said at that time, if it says something else now
	Loses  bool   // the client has set it too
	Revert string // URL
}

func ruleRows(sch job.Schedule) (rows []ruleRow, err error) {
	for _, set := range grouped() {
		row := ruleRow{Label: set.Label, Holds: set.Say(sch.Rule), Default: set.Say(sch.Base)}
		for _, layer := range []job.Layer{job.LayerClient, job.LayerPlatform} {
			o, ok := overrideOf(sch, set, layer)
			if !ok {
				continue
			}
			shown, err := showOverride(sch, set, o)
			if err != nil {
				return nil, err
			}
			shown.Loses = len(row.Overrides) > 0
			row.Overrides = append(row.Overrides, shown)
		}
		row.Same = len(row.Overrides) == 0
		rows = append(rows, row)
	}
	return rows, nil
}

func showOverride(sch job.Schedule, set setting, o job.Override) (overrideRow, error) {
	row := overrideRow{Override: o, Revert: revertPath(sch.Name, set.name(), o.Layer)}
	rule, err := without(sch, func(other job.Override) bool { return o.Layer == job.LayerPlatform && other.Layer == job.LayerClient })
	if err != nil {
		return row, err
	}
	row.Says = set.Say(rule)
	if then := set.Say(altered(sch.Base, o.Field, o.Default)); o.Default != nil && then != set.Say(sch.Base) {
		row.Then = then
	}
	return row, nil
}

// overrideOf returns what was set of a setting in a layer.
func overrideOf(sch job.Schedule, set setting, layer job.Layer) (job.Override, bool) {
	for _, o := range sch.Overrides {
		if o.Layer == layer && slices.Contains(set.Fields, o.Field) {
			return o, true
		}
	}
	return job.Override{}, false
}

// without returns the rule that would hold without some of the overrides.
func without(sch job.Schedule, drop func(job.Override) bool) (job.Rule, error) {
	sch.Overrides = slices.DeleteFunc(slices.Clone(sch.Overrides), drop)
	err := sch.Settle()
	return sch.Rule, err
}

// altered returns r with another value of one field; one that cannot be read
// changes nothing.
func altered(r job.Rule, field string, value json.RawMessage) job.Rule {
	s := job.Schedule{Base: r, Overrides: []job.Override{{Layer: job.LayerPlatform, Field: field, Value: value}}}
	if s.Settle() != nil {
		return r
	}
	return s.Rule
}

// A changeRow is one line of a schedule's history.
type changeRow struct {
	job.Change
	What     string
	Was, Now string
}

func (s *server) changes(ctx context.Context, sch job.Schedule) (rows []changeRow, err error) {
	changes, err := s.Timetable.Changes(ctx, sch.Name, latestChange)
	if err != nil {
		return nil, fmt.Errorf("list changes of schedule %s: %w", sch.Name, err)
	}
	for _, c := range changes {
		rows = append(rows, changeRow{c, changeWord(c.Field), s.sayValue(c.Field, c.Old), s.sayValue(c.Field, c.New)})
	}
	return rows, nil
}

// changeWord names what was changed.
func changeWord(field string) string {
	set, known := settingOf(field)
	if known && set.name() == field {
		return set.Label
	}
	return capital(strings.ReplaceAll(field, "_", " "))
}

// sayValue writes one value of a field for people.
func (s *server) sayValue(field string, value json.RawMessage) string {
	if len(value) == 0 || string(value) == "null" {
		return ""
	}
	if set, ok := settingOf(field); ok && len(set.Fields) == 1 {
		return set.Say(altered(job.Rule{Zone: s.Zone.String()}, field, value))
	}
	var at time.Time
	if json.Unmarshal(value, &at) == nil {
		return at.In(s.Zone).Format(absolute)
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return compact(value)
}
