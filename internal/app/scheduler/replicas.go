package scheduler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

const (
	replicasEvery   = time.Minute
	replicasForgot  = 3 * time.Minute // one that was not heard of for so long is gone
	yearsCompared   = 5               // of the rules of zones
	zoneSampleEvery = 12 * time.Hour
)

// replicas compares this scheduler with the others: whichever leads, slots must
// be due at the same times.
type replicas struct {
	ledger interface {
		MeetReplicas(ctx context.Context, r job.Replica, forget time.Time) ([]job.Replica, error)
		ScheduleVersion(ctx context.Context) (int64, error)
		Schedules(ctx context.Context) ([]job.Schedule, error)
	}
	name   string
	clocks *clocks
	now    func() time.Time
	log    *slog.Logger

	version int64 // of the schedules whose zones are used
	used    []string
	said    map[string]string // what is wrong, by replica
}

// replicaName tells the schedulers of an installation apart.
func replicaName() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

// run compares them until ctx is done.
func (r *replicas) run(ctx context.Context) error {
	tick := time.NewTicker(replicasEvery)
	defer tick.Stop()
	r.said = map[string]string{}
	for ; ctx.Err() == nil; wait(ctx, tick) {
		if err := r.meet(ctx); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "this scheduler could not be compared with others", "err", err)
		}
	}
	return nil
}

func (r *replicas) meet(ctx context.Context) error {
	if err := r.readZones(ctx); err != nil {
		return err
	}
	now := r.now()
	me := job.Replica{Name: r.name, Zones: fingerprints(r.used, now.Year()), Ahead: r.clocks.measured(), Seen: now}
	others, err := r.ledger.MeetReplicas(ctx, me, now.Add(-replicasForgot))
	if err != nil {
		return err
	}
	for _, other := range others {
		r.say(ctx, other, differences(me, other))
	}
	return nil
}

// say says what begins to be wrong between this scheduler and another, and when
// nothing is any more.
func (r *replicas) say(ctx context.Context, other job.Replica, what []string) {
	now, was := strings.Join(what, "; "), r.said[other.Name]
	r.said[other.Name] = now
	switch now {
	case was:
	case "":
		r.log.InfoContext(ctx, "this scheduler and another agree again", "other", other.Name)
	default:
		r.log.WarnContext(ctx, "this scheduler and another would plan differently", "other", other.Name, "what", now)
	}
}

// readZones finds the zones that schedules use, if those have changed.
func (r *replicas) readZones(ctx context.Context) error {
	version, err := r.ledger.ScheduleVersion(ctx)
	if err != nil || version == r.version {
		return err
	}
	schedules, err := r.ledger.Schedules(ctx)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, s := range schedules {
		used[s.Zone] = true
	}
	r.version, r.used = version, slices.Sorted(maps.Keys(used))
	return nil
}

// differences are in words what two replicas would plan differently for.
func differences(a, b job.Replica) (what []string) {
	if apart := (a.Ahead - b.Ahead).Abs(); apart > clocksPart {
		what = append(what, fmt.Sprintf("the clocks are %s apart: keep both right with NTP", apart.Round(time.Millisecond)))
	}
	var zones []string
	for name, print := range a.Zones {
		if other, known := b.Zones[name]; known && other != print {
			_, zone, _ := strings.Cut(name, " ")
			zones = append(zones, zone)
		}
	}
	if slices.Sort(zones); len(zones) > 0 {
		what = append(what, fmt.Sprintf("the rules of %s differ: bring the time zone databases of both machines to the same edition", strings.Join(zones, ", ")))
	}
	return what
}

// fingerprints says in short what the clocks of zones show for some years: one
// that is not known has an empty one.
func fingerprints(zones []string, year int) map[string]string {
	all := map[string]string{}
	for _, name := range zones {
		zone, err := cron.Zone(name)
		print := ""
		if err == nil {
			print = fingerprint(zone, year)
		}
		all[fmt.Sprintf("%d %s", year, name)] = print
	}
	return all
}

func fingerprint(zone *time.Location, year int) string {
	sum := sha256.New()
	end := time.Date(year+yearsCompared, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); at.Before(end); at = at.Add(zoneSampleEvery) {
		_, offset := at.In(zone).Zone()
		fmt.Fprintf(sum, "%d ", offset)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}
