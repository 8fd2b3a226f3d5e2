package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// AttendanceLedger is the record of attendance.
type AttendanceLedger interface {
	Attendance(ctx context.Context, f sync.AttendanceFilter) ([]sync.Attendance, error)
	AttendanceSummaries(ctx context.Context, f sync.AttendanceFilter) ([]sync.AttendanceSummary, error)
	AttendanceHolds(ctx context.Context, name string, from, to sis.Date) ([]sync.AttendanceHold, error)
	AttendanceCounts(ctx context.Context, name string) (map[sync.AttendanceState]int64, error)
	ReleaseAttendance(ctx context.Context, name, section string, day sis.Date, by, why string, at time.Time) (int64, error)
}

const collectTask = "sis.attendance.collect"

// attendanceParameters are what attendance is listed by.
var attendanceParameters = []string{"from", "to", "section", "person", "state", "code", "after", "limit"}

// attendance serves GET /api/v1/syncs/{name}/attendance: days of people, the
// newest first.
func (a *API) attendance(w http.ResponseWriter, r *http.Request) error {
	f, err := a.attendanceFilter(r)
	if err != nil {
		return err
	}
	days, err := a.Ledger.Attendance(r.Context(), f)
	if err != nil {
		return err
	}
	list := client.AttendanceList{Days: orEmpty(days)}
	if len(days) == f.Limit {
		list.Next = attendanceCursor(days[len(days)-1].AttendancePlace)
	}
	return reply(w, http.StatusOK, list)
}

// attendanceSections serves GET /api/v1/syncs/{name}/attendance/sections: days
// of sections, the newest first, with what is held.
func (a *API) attendanceSections(w http.ResponseWriter, r *http.Request) error {
	f, err := a.attendanceFilter(r)
	if err != nil {
		return err
	}
	sections, err := a.Ledger.AttendanceSummaries(r.Context(), f)
	if err != nil {
		return err
	}
	holds, err := a.Ledger.AttendanceHolds(r.Context(), f.Sync, f.From, f.To)
	if err != nil {
		return err
	}
	counts, err := a.Ledger.AttendanceCounts(r.Context(), f.Sync)
	if err != nil {
		return err
	}
	list := client.AttendanceSections{Sections: orEmpty(sections), Holds: orEmpty(holds), Counts: counts}
	if len(sections) == f.Limit {
		last := sections[len(sections)-1]
		list.Next = attendanceCursor(sync.AttendancePlace{Day: last.Day, Section: last.Section})
	}
	return reply(w, http.StatusOK, list)
}

func (a *API) attendanceFilter(r *http.Request) (sync.AttendanceFilter, error) {
	s, err := a.sync(r)
	if err != nil {
		return sync.AttendanceFilter{}, err
	}
	q := queryOf(r)
	f := sync.AttendanceFilter{
		Sync: s.Name, From: q.day("from"), To: q.day("to"), Section: q.text("section"), Person: q.text("person"),
		State: oneOf(q, "state", sync.AttendanceStates), Code: q.text("code"), Limit: q.limit(),
	}
	f.After = q.attendanceAfter()
	return f, q.err
}

// day returns the value of a parameter that is a day.
func (q *query) day(name string) (d sis.Date) {
	if d.UnmarshalText([]byte(q.text(name))) != nil {
		q.refuse(name, "must be a day, such as 2026-10-05")
	}
	return d
}

// attendanceCursor is where a page ended. Keys of the SIS have no line breaks.
func attendanceCursor(p sync.AttendancePlace) string {
	return p.Day.String() + "\n" + p.Section + "\n" + p.Person
}

func (q *query) attendanceAfter() (p sync.AttendancePlace) {
	text := q.text("after")
	if text == "" {
		return p
	}
	parts := strings.Split(text, "\n")
	if len(parts) != 3 || p.Day.UnmarshalText([]byte(parts[0])) != nil {
		q.refuse("after", "must be what an earlier page said in next")
		return p
	}
	p.Section, p.Person = parts[1], parts[2]
	return p
}

// releaseAttendance serves POST /api/v1/syncs/{name}/attendance/release.
func (a *API) releaseAttendance(w http.ResponseWriter, r *http.Request) error {
	var ask client.ReleaseAttendance
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	if err := required("day", ask.Day); err != nil {
		return err
	}
	day, err := sis.ParseDate(ask.Day)
	if err != nil {
		return fault.New(fault.Invalid, "Field day must be a day, such as 2026-10-05.").In("day")
	}
	id, j, err := a.releaseDay(r.Context(), r.PathValue("name"), ask.Section, day, ask.Reason)
	if err != nil {
		return err
	}
	return replyJob(w, id, j)
}

// ReleaseDay lets a held day of a section be posted, or without one what is held
// of the whole sync. It starts the job that computes and posts the day anew.
func (a *API) ReleaseDay(ctx context.Context, name, section string, day sis.Date, reason string) (job.Job, error) {
	_, j, err := a.releaseDay(ctx, name, section, day, reason)
	return j, err
}

// releaseDay returns the id that was asked for too.
func (a *API) releaseDay(ctx context.Context, name, section string, day sis.Date, reason string) (id string, j job.Job, err error) {
	if err := required("reason", reason); err != nil {
		return "", j, err
	}
	s, err := a.syncNamed(ctx, name)
	if err != nil {
		return "", j, err
	}
	if _, err := a.Ledger.ReleaseAttendance(ctx, s.Name, section, day, actor(ctx), reason, time.Now()); err != nil {
		return "", j, err
	}
	return a.start(ctx, s, collectTask, map[string]string{"sync": s.Name, "from": day.String(), "to": day.String()})
}

// Attendance implements [AttendanceLedger].
func (l gatedLedger) Attendance(ctx context.Context, f sync.AttendanceFilter) ([]sync.Attendance, error) {
	if err := l.syncOpen(ctx, f.Sync); err != nil {
		return nil, err
	}
	return l.ledger.Attendance(ctx, f)
}

// AttendanceSummaries implements [AttendanceLedger].
func (l gatedLedger) AttendanceSummaries(ctx context.Context, f sync.AttendanceFilter) ([]sync.AttendanceSummary, error) {
	if err := l.syncOpen(ctx, f.Sync); err != nil {
		return nil, err
	}
	return l.ledger.AttendanceSummaries(ctx, f)
}

// AttendanceHolds implements [AttendanceLedger].
func (l gatedLedger) AttendanceHolds(ctx context.Context, name string, from, to sis.Date) ([]sync.AttendanceHold, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return nil, err
	}
	return l.ledger.AttendanceHolds(ctx, name, from, to)
}

// AttendanceCounts implements [AttendanceLedger].
func (l gatedLedger) AttendanceCounts(ctx context.Context, name string) (map[sync.AttendanceState]int64, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return nil, err
	}
	return l.ledger.AttendanceCounts(ctx, name)
}

// ReleaseAttendance implements [AttendanceLedger]. It needs the right to
// operate the sync's attendance.
func (l gatedLedger) ReleaseAttendance(ctx context.Context, name, section string, day sis.Date, by, why string, at time.Time) (int64, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return 0, err
	}
	for _, s := range l.syncs {
		if s.Name != name {
			continue
		}
		if who := auth.Of(ctx); who.By != "" {
			return 0, fault.New(fault.Denied, "You only look at what %s sees; nothing is changed in their name.", who.Name)
		}
		if err := may(ctx, auth.Operate, s.Client, collectTask); err != nil {
			return 0, err
		}
	}
	return l.ledger.ReleaseAttendance(ctx, name, section, day, by, why, at)
}
