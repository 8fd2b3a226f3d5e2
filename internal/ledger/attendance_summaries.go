package ledger

import (
	"context"
	"fmt"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// AttendanceSummaries returns the days of sections from one day to another,
// zero for no bound, the newest first and then by section: what was computed
// and posted, and what holds it. At most limit are returned, after the cursor's
// day and section.
func (l *Ledger) AttendanceSummaries(ctx context.Context, f sync.AttendanceFilter) ([]sync.AttendanceSummary, error) {
	where, args := attendanceWhere(sync.AttendanceFilter{Sync: f.Sync, From: f.From, To: f.To, Section: f.Section, After: f.After})
	args = append(args, atMost(f.Limit))
	scan := func(r row) (s sync.AttendanceSummary, err error) {
		var day string
		if err = r.Scan(&s.Section, &day, &s.Students, &s.Attended, &s.Title); err != nil {
			return s, err
		}
		return s, s.Day.UnmarshalText([]byte(day))
	}
	summaries, err := list(ctx, l.read, scan, fmt.Sprintf(`SELECT section, day, students, attended,
			COALESCE((SELECT title FROM sis_sections s WHERE s.sync = c.sync AND s.record = c.section), '')
		FROM (SELECT *, '' AS person FROM attendance_classes WHERE section <> '') AS c
		WHERE %s ORDER BY day DESC, section LIMIT $%d`, where, len(args)), args...)
	if err == nil && len(summaries) > 0 {
		err = l.fillSummaries(ctx, f.Sync, summaries)
	}
	return summaries, wrap(err, "summarise attendance of sync %s", f.Sync)
}

// fillSummaries adds what is known of the people and the holds of days.
func (l *Ledger) fillSummaries(ctx context.Context, name string, summaries []sync.AttendanceSummary) error {
	first, last := summaries[len(summaries)-1].Day, summaries[0].Day
	at := make(map[sectionDay]*sync.AttendanceSummary, len(summaries))
	for i := range summaries {
		s := &summaries[i]
		s.States = map[sync.AttendanceState]int64{}
		at[sectionDay{s.Section, s.Day}] = s
	}
	if err := l.addStates(ctx, name, first, last, at); err != nil {
		return err
	}
	holds, err := l.AttendanceHolds(ctx, name, first, last)
	for i, h := range holds {
		for key, s := range at {
			if key.day == h.Day && (h.Section == "" || h.Section == key.section) && (s.Hold == nil || h.Open()) {
				s.Hold = &holds[i]
			}
		}
	}
	return err
}

type sectionDay struct {
	section string
	day     sis.Date
}

func (l *Ledger) addStates(ctx context.Context, name string, first, last sis.Date, at map[sectionDay]*sync.AttendanceSummary) error {
	type group struct {
		sectionDay
		state           sync.AttendanceState
		n, minutes, was int64
	}
	scan := func(r row) (g group, err error) {
		var day string
		if err = r.Scan(&g.section, &day, &g.state, &g.n, &g.minutes, &g.was); err != nil {
			return g, err
		}
		return g, g.day.UnmarshalText([]byte(day))
	}
	groups, err := list(ctx, l.read, scan, `SELECT section, day, state, COUNT(*), CAST(SUM(minutes) AS BIGINT), CAST(SUM(COALESCE(posted, 0)) AS BIGINT)
		FROM attendance WHERE sync = $1 AND day >= $2 AND day <= $3 GROUP BY section, day, state`, name, first.String(), last.String())
	for _, g := range groups {
		if s := at[g.sectionDay]; s != nil {
			s.States[g.state] = g.n
			s.Minutes += g.minutes
			s.Posted += g.was
		}
	}
	return err
}
