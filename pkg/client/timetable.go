package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// The vocabulary of the timetable, as it stands in the API.
type (
	// A Rule is all of a schedule that people may set.
	Rule = job.Rule
	// A Layer is where a field of a schedule was set.
	Layer = job.Layer
	// An Override is one field that a person has set.
	Override = job.Override
	// An Edit changes a schedule.
	Edit = job.Edit
	// A Change is one field of a schedule, or a calendar, that was changed.
	Change = job.Change
	// A Calendar is times at which schedules that name it do not run.
	Calendar = job.Calendar
	// An Exclusion is one stretch of such times.
	Exclusion = job.Exclusion
	// A Firing is a time at which a schedule will be due.
	Firing = job.Firing
	// A Preview is what a rule means.
	Preview = job.Preview
	// A SlotCheck compares the slots that there should have been with those
	// that are recorded.
	SlotCheck = job.SlotCheck
	// A SlotOutcome is what became of a slot.
	SlotOutcome = job.SlotOutcome
	// A ClashForecast says which slots of a schedule will want a resource
	// while a job of another schedule has it.
	ClashForecast = job.ClashForecast
	// A Clash is one such slot.
	Clash = job.Clash
	// FreeTimes are other times for a schedule.
	FreeTimes = job.FreeTimes
)

// The layers in which an [Edit] sets fields.
const (
	LayerPlatform = job.LayerPlatform
	LayerClient   = job.LayerClient
)

// A NewSchedule asks for a schedule of a person's own.
type NewSchedule struct {
	Name   string                     `json:"name"`             // "task" or "task:what"
	Task   string                     `json:"task,omitempty"`   // may be left out if From is given
	Client string                     `json:"client,omitempty"` // empty: From's, else "default"
	From   string                     `json:"from,omitempty"`   // a schedule whose rule it begins with
	Reason string                     `json:"reason,omitempty"` // required, but not for a preview
	Rule   map[string]json.RawMessage `json:"rule,omitempty"`   // fields of a Rule, by JSON name; a cron without a dialect may be English
}

// A PreviewRequest asks what a schedule would mean.
type PreviewRequest struct {
	NewSchedule
	N int `json:"n,omitempty"` // how many firings; 0: 5
}

// A Pause keeps a schedule from running for a time.
type Pause struct {
	Until time.Time `json:"until"`
	Note  string    `json:"note"` // why; required
}

// A Reason is why something is done; the history keeps it.
type Reason struct {
	Reason string `json:"reason"`
}

// A CalendarChange is all of a calendar as it is to be, and why.
type CalendarChange struct {
	Name       string      `json:"name,omitempty"` // empty: that of the address
	Title      string      `json:"title"`
	Exclusions []Exclusion `json:"exclusions"`
	Revision   int64       `json:"revision"` // of the calendar that was edited; 0: it is new
	Reason     string      `json:"reason"`
}

// Lists of the timetable, as the API wraps them.
type (
	// FiringList is firings in the order in which they come.
	FiringList struct {
		Firings []Firing `json:"firings"`
	}
	// ChangeList is what was changed, newest first.
	ChangeList struct {
		Changes []Change `json:"changes"`
	}
	// CalendarList is every calendar.
	CalendarList struct {
		Calendars []Calendar `json:"calendars"`
	}
)

// CreateSchedule adds a schedule.
func (c *Client) CreateSchedule(ctx context.Context, n NewSchedule) (Schedule, error) {
	return post[Schedule](ctx, c, path("schedules"), n)
}

// EditSchedule sets fields of a schedule, or takes back what was set.
func (c *Client) EditSchedule(ctx context.Context, name string, e Edit) (s Schedule, err error) {
	_, err = c.do(ctx, http.MethodPatch, path("schedules", name), e, &s)
	return s, err
}

// DeleteSchedule removes a schedule and returns what it was.
func (c *Client) DeleteSchedule(ctx context.Context, name, reason string) (Schedule, error) {
	return remove[Schedule](ctx, c, path("schedules", name), reason)
}

// PauseSchedule keeps a schedule from running until then.
func (c *Client) PauseSchedule(ctx context.Context, name string, p Pause) (Schedule, error) {
	return post[Schedule](ctx, c, path("schedules", name, "pause"), p)
}

// ResumeSchedule ends a pause.
func (c *Client) ResumeSchedule(ctx context.Context, name, reason string) (Schedule, error) {
	return post[Schedule](ctx, c, path("schedules", name, "resume"), Reason{reason})
}

// PreviewSchedule returns what a schedule would mean, with its next n firings.
// Only the rule of it has to make sense.
func (c *Client) PreviewSchedule(ctx context.Context, s NewSchedule, n int) (Preview, error) {
	return post[Preview](ctx, c, path("schedules:preview"), PreviewRequest{s, n})
}

// ScheduleClashes returns which slots of a schedule would clash with those of
// others in the next seven days. Of a schedule that there is, its name is Name
// and From.
func (c *Client) ScheduleClashes(ctx context.Context, s NewSchedule) (ClashForecast, error) {
	return post[ClashForecast](ctx, c, path("schedules:clashes"), s)
}

// Forecast returns the next n firings of a schedule, or of all if schedule is
// empty. A zero time is now.
func (c *Client) Forecast(ctx context.Context, schedule string, from time.Time, n int) ([]Firing, error) {
	q := url.Values{}
	setTime(q, "from", from)
	setNumber(q, "n", int64(n))
	where := path("forecast")
	if schedule != "" {
		where = path("schedules", schedule, "next")
	}
	list, err := get[FiringList](ctx, c, where, q)
	return list.Firings, err
}

// CheckSlots compares the slots that a schedule should have had with those
// that are recorded. Zero times do not restrict.
func (c *Client) CheckSlots(ctx context.Context, schedule string, from, to time.Time) (SlotCheck, error) {
	q := url.Values{}
	setTime(q, "from", from)
	setTime(q, "to", to)
	return get[SlotCheck](ctx, c, path("schedules", schedule, "slots:check"), q)
}

// ScheduleChanges returns what was changed of a schedule, newest first.
func (c *Client) ScheduleChanges(ctx context.Context, schedule string, limit int) ([]Change, error) {
	q := url.Values{}
	setNumber(q, "limit", int64(limit))
	list, err := get[ChangeList](ctx, c, path("schedules", schedule, "changes"), q)
	return list.Changes, err
}

// Calendars returns every calendar.
func (c *Client) Calendars(ctx context.Context) ([]Calendar, error) {
	list, err := get[CalendarList](ctx, c, path("calendars"), nil)
	return list.Calendars, err
}

// Calendar returns one calendar.
func (c *Client) Calendar(ctx context.Context, name string) (Calendar, error) {
	return get[Calendar](ctx, c, path("calendars", name), nil)
}

// PutCalendar adds a calendar, or replaces the one whose revision it has.
func (c *Client) PutCalendar(ctx context.Context, calendar Calendar, reason string) (saved Calendar, err error) {
	body := CalendarChange{Title: calendar.Title, Exclusions: calendar.Exclusions, Revision: calendar.Revision, Reason: reason}
	_, err = c.do(ctx, http.MethodPut, path("calendars", calendar.Name), body, &saved)
	return saved, err
}

// DeleteCalendar removes a calendar that no schedule names, and returns what
// it was.
func (c *Client) DeleteCalendar(ctx context.Context, name, reason string) (Calendar, error) {
	return remove[Calendar](ctx, c, path("calendars", name), reason)
}

// remove deletes what is at path, for that reason.
func remove[T any](ctx context.Context, c *Client, path, reason string) (removed T, err error) {
	_, err = c.do(ctx, http.MethodDelete, path+"?"+url.Values{"reason": {reason}}.Encode(), nil, &removed)
	return removed, err
}
