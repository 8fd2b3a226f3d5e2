package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// MeetReplicas notes that a scheduler process is up, forgets those that were
// last seen before a time, and returns the others.
func (l *Ledger) MeetReplicas(ctx context.Context, r job.Replica, forget time.Time) (others []job.Replica, err error) {
	zones, err := json.Marshal(r.Zones)
	if err != nil {
		return nil, fmt.Errorf("store replica %s: %w", r.Name, err)
	}
	err = l.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM replicas WHERE seen_at < $1`, millis(forget)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO replicas (name, zones, ahead, seen_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (name) DO UPDATE SET zones = excluded.zones, ahead = excluded.ahead, seen_at = excluded.seen_at`,
			key(r.Name), string(zones), r.Ahead.Milliseconds(), millis(r.Seen))
		if err != nil {
			return err
		}
		others, err = list(ctx, tx, scanReplica, `SELECT name, zones, ahead, seen_at FROM replicas WHERE name <> $1 ORDER BY name`, key(r.Name))
		return err
	})
	return others, wrap(err, "meet the replicas")
}

// Replicas returns the scheduler processes that are up, or were lately.
func (l *Ledger) Replicas(ctx context.Context) ([]job.Replica, error) {
	all, err := list(ctx, l.read, scanReplica, `SELECT name, zones, ahead, seen_at FROM replicas ORDER BY name`)
	return all, wrap(err, "list the replicas")
}

func scanReplica(r row) (one job.Replica, err error) {
	var zones string
	var ahead, seen int64
	if err := r.Scan(&one.Name, &zones, &ahead, &seen); err != nil {
		return one, err
	}
	one.Ahead, one.Seen = time.Duration(ahead)*time.Millisecond, instant(seen)
	return one, json.Unmarshal([]byte(zones), &one.Zones)
}
