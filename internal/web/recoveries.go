package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// RecoveryBook is the recoveries of a [Timetable]: what becomes of slots that
// went by while no scheduler was up.
type RecoveryBook interface {
	// Recoveries returns the newest ones first.
	Recoveries(ctx context.Context, limit int) ([]job.Recovery, error)

	// Recovery returns the newest one for 0.
	Recovery(ctx context.Context, id int64) (job.RecoveryPlan, error)

	// ApproveRecovery refuses one that is not held.
	ApproveRecovery(ctx context.Context, id int64, by, reason string) (job.Recovery, error)

	// RejectRecovery refuses one that is neither held nor running.
	RejectRecovery(ctx context.Context, id int64, by, reason string) (job.Recovery, error)
}

const (
	latestRecoveries = 100 // that are listed
	openRecoveries   = 100 // among which those are looked for that are not over
)

type recoveriesPage struct {
	frame
	Sentence string
	Rows     []recoveryRow
}

// A recoveryRow is a recovery as lists show it.
type recoveryRow struct {
	job.Recovery
	Chip     chip
	Down     string // for how long no scheduler was up
	Expected string // how long it takes; empty: not known
}

var recoveryChips = map[job.RecoveryState]chip{
	job.RecoveryMaking:   {"Being made", "queued", "queued"},
	job.RecoveryHeld:     {"Held", "held", "held"},
	job.RecoveryRunning:  {"Running", "running", "running"},
	job.RecoveryDone:     {"Done", "check", "succeeded"},
	job.RecoveryRejected: {"Rejected", "aborted", "aborted"},
}

func recoveryRowOf(r job.Recovery) recoveryRow {
	row := recoveryRow{Recovery: r, Chip: recoveryChips[r.State], Down: duration(r.To.Sub(r.From))}
	if r.Expected > 0 {
		row.Expected = duration(time.Duration(r.Expected))
	}
	return row
}

// recoveries serves GET /recoveries: the plans there were, the newest first.
func (s *server) recoveries(w http.ResponseWriter, r *http.Request) error {
	frame, err := s.frame(r.Context(), "Recovery", "schedules")
	if err != nil {
		return err
	}
	all, err := s.Timetable.Recoveries(r.Context(), latestRecoveries)
	if err != nil {
		return fmt.Errorf("list recoveries: %w", err)
	}
	page := recoveriesPage{frame: frame, Sentence: recoveriesSentence(all)}
	for _, one := range all {
		page.Rows = append(page.Rows, recoveryRowOf(one))
	}
	return s.render(w, r, http.StatusOK, "recoveries", page)
}

func recoveriesSentence(all []job.Recovery) string {
	count := map[job.RecoveryState]int64{}
	for _, r := range all {
		count[r.State]++
	}
	said := join(", ", some(count[job.RecoveryHeld], "plan waits for a person", "plans wait for a person"), some(count[job.RecoveryRunning]+count[job.RecoveryMaking], "is under way", "are under way"))
	if said == "" {
		return "No plan waits for a person, and none is under way."
	}
	return capital(said) + "."
}

// some writes how many of something there are, and nothing if there are none.
func some(n int64, one, many string) string {
	if n == 0 {
		return ""
	}
	return counted(n, one, many)
}

// recovering returns the plans that are held or running, for the pages that say
// so on top.
func (s *server) recovering(ctx context.Context) (rows []recoveryRow, err error) {
	all, err := s.Timetable.Recoveries(ctx, openRecoveries)
	if err != nil {
		return nil, fmt.Errorf("list recoveries: %w", err)
	}
	for _, r := range all {
		if r.State == job.RecoveryHeld || r.State == job.RecoveryRunning {
			rows = append(rows, recoveryRowOf(r))
		}
	}
	return rows, nil
}

// recoveryID reads which recovery a path means; 0 is the latest.
func recoveryID(r *http.Request) (int64, error) {
	word := r.PathValue("recovery")
	if word == "latest" {
		return 0, nil
	}
	id, err := strconv.ParseInt(word, 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.NotFound, "There is no recovery “%s”; they have numbers.", word)
	}
	return id, nil
}

func recoveryPath(id int64) string { return "/recoveries/" + strconv.FormatInt(id, 10) }
