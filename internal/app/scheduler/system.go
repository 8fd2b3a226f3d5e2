package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
)

// Office is what the schedulers of an installation are candidates for.
const Office = "scheduler"

// systemPatience is how long Redis and the ledger have to say what they are.
const systemPatience = 2 * time.Second

// system says what this installation runs on. What does not answer is unknown,
// and said to be in trouble.
func (s *scheduler) system(ctx context.Context) job.System {
	ctx, cancel := context.WithTimeout(ctx, systemPatience)
	defer cancel()
	all := job.System{
		Version: app.Version(), Go: runtime.Version(), Viewers: s.feed.Viewers(),
		Recorder: job.Recorder{Behind: job.Seconds(s.delay.Behind())}, Troubles: s.safety.reasons(),
	}
	all.Zones.Source, all.Zones.Edition = zoneSource(append([]string{os.Getenv("ZONEINFO")}, zoneFolders...))
	s.askRedis(ctx, &all)
	s.askLedger(ctx, &all)
	return all
}

// depose has the leader stop leading, and says who it was.
func (s *scheduler) depose(ctx context.Context) (was string, err error) {
	return lock.Depose(ctx, s.Redis, Office)
}

func (s *scheduler) askRedis(ctx context.Context, all *job.System) {
	var err error
	if all.Redis, err = s.engine.Facts(ctx); err != nil {
		all.Troubles = append(all.Troubles, "Redis does not answer; jobs can be neither started nor run.")
		return
	}
	if events, err := s.engine.Backlog(ctx); err == nil {
		all.Recorder.Stream = &events
	}
	if workers, err := s.engine.Workers(ctx); err == nil {
		all.Builds = builds(workers)
	}
}

// builds counts the workers of each build.
func builds(workers []job.Worker) (all []job.Build) {
	counts := map[string]int{}
	for _, w := range workers {
		counts[w.Build]++
	}
	for _, build := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, job.Build{Build: build, Workers: counts[build]})
	}
	return all
}

func (s *scheduler) askLedger(ctx context.Context, all *job.System) {
	facts, err := s.Ledger.Facts(ctx)
	all.Ledger = facts
	if err != nil {
		all.Troubles = append(all.Troubles, "The ledger does not answer; what has ended cannot be shown.")
		return
	}
	up, err := s.Ledger.Replicas(ctx)
	if err != nil {
		return
	}
	leader, _ := lock.Leading(ctx, s.Redis, Office) // nobody is shown to lead, if that is not known
	all.Schedulers = schedulers(up, replicaName(), leader, time.Now())
	if all.Redis.Answers && leader == "" {
		all.Troubles = append(all.Troubles, "No scheduler leads, or one of an older version does; without one, schedules do not start jobs.")
	}
}

// schedulers says of each replica whether it leads, and of those beside this one
// what they would plan differently.
func schedulers(up []job.Replica, me, leader string, now time.Time) (all []job.Scheduler) {
	at := slices.IndexFunc(up, func(r job.Replica) bool { return r.Name == me })
	for _, r := range up {
		one := job.Scheduler{Name: r.Name, Leads: r.Name == leader, Asked: r.Name == me, Ahead: job.Seconds(r.Ahead), Seen: r.Seen, Zones: len(r.Zones)}
		if at >= 0 && r.Name != me {
			one.Remark = strings.Join(differences(up[at], r), "; ")
		}
		if r.Ahead.Abs() > clocksPart {
			one.Remark = cmp.Or(one.Remark, "its clock is not that of Redis: keep both right with NTP")
		}
		if silent := now.Sub(r.Seen); silent > 2*replicasEvery {
			one.Remark = fmt.Sprintf("not heard of for %s", silent.Round(time.Second))
		}
		all = append(all, one)
	}
	return all
}
