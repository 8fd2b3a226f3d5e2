package builtin

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"

	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/flatfile"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// campus returns the tasks of all syncs that the settings name, or none if there
// are none.
func campus(c config.Config, store roster.Store, targets map[string]sis.Target, watch worker.Watch, log *slog.Logger) ([]tasks.Task, error) {
	if len(c.Syncs) == 0 {
		return nil, nil
	}
	sources, err := sources(c, watch, log)
	if err != nil {
		return nil, err
	}
	return roster.New(roster.Config{
		Store: store, Sources: sources, Targets: targets, Syncs: Syncs(c), Log: log,
	}), nil
}

// Syncs returns the syncs that the settings name, by name.
func Syncs(c config.Config) []sync.Sync {
	var all []sync.Sync
	for _, name := range slices.Sorted(maps.Keys(c.Syncs)) {
		all = append(all, syncOf(name, c.Syncs[name]))
	}
	return all
}

// reconcile returns when a sync asks for everything; one that does not run by
// itself does not do that by itself either.
func reconcile(s config.Sync) string {
	if s.Reconcile == "never" || s.Schedule == "never" {
		return ""
	}
	return cmp.Or(s.Reconcile, config.DefaultReconcile)
}

func syncOf(name string, s config.Sync) sync.Sync {
	schedule := cmp.Or(s.Schedule, config.DefaultSchedule)
	if schedule == "never" {
		schedule = ""
	}
	return sync.Sync{
		Name: name, Client: cmp.Or(s.Client, "default"), Source: s.Source, Target: s.Target,
		Terms: s.Terms, Provider: s.Provider, CreateCourses: s.CreateCourses, Groups: sync.Grouping(s.Groups), OrientationCourse: s.OrientationCourse,
		Zone: s.Zone(), AsOf: s.AsOf.Date, Cron: schedule, Reconcile: reconcile(s),
		Brakes: brakes(s.Brakes), Approvals: s.Approvals, SecondOver: s.SecondOver, ApprovalDays: s.ApprovalDays, Freezes: freezes(s.Freeze),
	}
}

func brakes(b config.Brakes) sync.Brakes {
	return sync.Brakes{Drops: limits[sync.Scope](b.Drops), Changes: limits[sync.Scope](b.Changes), Errors: limits[sis.Stream](b.Errors)}
}

func limits[K ~string](all map[string]config.Limit) map[K]sync.Limit {
	out := make(map[K]sync.Limit, len(all))
	for name, l := range all {
		out[K(name)] = sync.Limit(l)
	}
	return out
}

func freezes(all []config.Freeze) (out []sync.Freeze) {
	for _, f := range all {
		out = append(out, sync.Freeze{From: f.From.Date, To: f.To.Date, Term: f.Term, Reason: f.Reason})
	}
	return out
}

// targets returns the targets that the settings name, by name, or none if there
// is no sync. Nothing is called or opened yet.
func targets(c config.Config, watch worker.Watch, log *slog.Logger) (map[string]sis.Target, error) {
	all := map[string]sis.Target{}
	if len(c.Syncs) == 0 {
		return all, nil
	}
	for name, t := range c.Targets {
		target, err := target(t, watch("target", name), log.With("target", name))
		if err != nil {
			return nil, err
		}
		all[name] = target
	}
	return all, nil
}

func target(t config.Target, watch sis.Watch, log *slog.Logger) (sis.Target, error) {
	if t.Driver == "flat-file" {
		return flatfile.New(flatfile.Config{Dir: t.Path, Format: flatfile.Format(t.Format), Zone: t.Zone()}), nil
	}
	token, err := t.Token()
	if err != nil {
		return nil, err
	}
	return moodle.New(moodle.Config{
		URL: t.URL, Token: token, Category: t.Category, Auth: t.Auth, Batch: t.Batch, MaxInputVars: t.InputVars,
		Roles: roles(t), Log: log, Watch: watch,
	}), nil
}

// roles are Moodle's own ids of its roles, unless the settings say otherwise.
func roles(t config.Target) map[sis.Role]int {
	return map[sis.Role]int{
		sis.Student: cmp.Or(t.Student, 5), sis.Teacher: cmp.Or(t.Teacher, 3), sis.Assistant: cmp.Or(t.Assistant, 4),
	}
}
