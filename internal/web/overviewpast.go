package web

import (
	"context"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

const (
	chartedDays = 14 // of the overview's chart
	fewChanges  = 5  // of the audit that it shows
)

// lateness tells of schedules whose last slot of the last day came late or not
// at all.
func (s *server) lateness(ctx context.Context) (late, missed int64, err error) {
	all, err := s.Schedules.Schedules(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("list schedules: %w", err)
	}
	last, err := s.lastSlots(ctx, all)
	if err != nil {
		return 0, 0, err
	}
	since := s.Now().Add(-24 * time.Hour)
	for _, slot := range last {
		switch {
		case slot.Due.Before(since):
		case slot.Outcome == job.SlotRanLate:
			late++
		case slot.Outcome == job.SlotMissed:
			missed++
		}
	}
	return late, missed, nil
}

// addPast adds what ended on the last days, and what was changed today, to whom
// may see it.
func (s *server) addPast(ctx context.Context, page *overviewPage) (err error) {
	if s.Retention != nil {
		if page.Chart, err = s.historyChart(ctx, chartedDays); err != nil {
			return err
		}
	}
	if page.SeesChanges = page.Allows(auth.NeedAdmin); !page.SeesChanges {
		return nil
	}
	now := s.now()
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	entries, err := s.Audit.Audit(ctx, job.AuditFilter{From: today, Limit: fewChanges})
	if err != nil {
		return fmt.Errorf("read the audit: %w", err)
	}
	for _, e := range entries {
		page.Changes = append(page.Changes, auditRowOf(e))
	}
	return nil
}
