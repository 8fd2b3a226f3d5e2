package tasks_test

// The code of docs/writing-tasks.md, so that it compiles, and tests of it.

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/tasks"
	"github.com/beadle-jobs/beadle/pkg/tasks/taskstest"
)

type Args struct {
	Section string `json:"section" doc:"the section's id"`
	Note    string `json:"note,omitempty"`
}

type Card struct {
	School string `json:"school" doc:"the school's id in the SIS"`
	Pin    string `json:"pin" secret:"true"`
}

var Statistics = tasks.Spec[Args]{
	Name:   "statistics.build",
	Reads:  func(a Args) []string { return []string{"enrolments", "gradebook:" + a.Section} },
	Writes: func(a Args) []string { return []string{"statistics:" + a.Section} },
	Run:    build,
}

var Rebuild = tasks.Spec[Args]{
	Name:     "gradebook.rebuild",
	Blocking: func(a Args) bool { return a.Section == "" },
	Run:      build,
}

var Export = tasks.Spec[Args]{
	Name:   "grades.export",
	Unique: &tasks.Unique{Args: []string{"section"}, Policy: tasks.QueueOne},
	Run:    build,
}

var Mail = tasks.Spec[Args]{
	Name:        "mail.send",
	Limit:       20, // at a time, of all clients together
	ClientLimit: 4,  // and of each client
	Rates: func(Args) []tasks.Rate {
		return []tasks.Rate{
			{Key: "mail", Count: 500, Per: time.Hour},                          // each client: bursts of 500, then evenly
			{Key: "/mail-provider", Count: 10, Per: time.Second, Window: true}, // all clients together: never more
		}
	},
	Run: build,
}

var Archive = tasks.Spec[Args]{
	Name:    "section.archive",
	Timeout: time.Hour,
	Warn:    50 * time.Minute,
	Run: func(ctx context.Context, job *tasks.Job[Args]) error {
		for file := range tasks.Track(job, "files", filesLeft(job.Args.Section)) {
			select {
			case <-job.WrapUp():
				_, err := job.Enqueue(ctx, tasks.Request{Task: "section.archive", Args: job.Args, Key: "rest"})
				return err
			default:
			}
			if err := store(ctx, file); err != nil {
				return err
			}
		}
		return nil
	},
}

func publish(ctx context.Context, db *sql.DB, job *tasks.Job[Args], file []byte) error {
	done, err := db.ExecContext(ctx,
		`UPDATE exports SET file = $1, fence = $2 WHERE section = $3 AND fence <= $2`, file, job.Fence(), job.Args.Section)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errors.New("a later attempt was here; this one has nothing to say any more"))
	}
	return nil
}

var Video = tasks.Spec[Args]{
	Name:  "video.convert",
	Where: map[string]string{"gpu": "yes"},
	Run:   build,
}

var Cache = tasks.Spec[struct{}]{
	Name:       "cache.clear",
	EachWorker: true,
	Run:        func(context.Context, *tasks.Job[struct{}]) error { return clearCache() },
}

func build(context.Context, *tasks.Job[Args]) error { return nil }
func filesLeft(string) []string                     { return []string{"a", "b"} }
func store(context.Context, string) error           { return nil }
func clearCache() error                             { return nil }

func TestTheTasksOfTheManualAreDeclaredWell(t *testing.T) {
	tasks.NewRegistry(Statistics, Rebuild, Export, Mail, Archive, Video, Cache)
	want := tasks.Wants{Reads: []string{"enrolments", "gradebook:7"}, Writes: []string{"statistics:7"}}
	if diff := cmp.Diff(want, wants(t, Statistics, `{"section":"7"}`)); diff != "" {
		t.Errorf("wants (-want +got):\n%s", diff)
	}
	if !wants(t, Rebuild, `{"section":""}`).Blocking || wants(t, Rebuild, `{"section":"7"}`).Blocking {
		t.Error("a rebuild of everything, and only that, wants to be alone")
	}
	_ = publish
}

func TestOutOfTimeTheArchiveLeavesTheRestToAnotherJob(t *testing.T) {
	soon := make(chan struct{})
	close(soon)
	got := taskstest.Attempt{WrapUp: soon}.Run(t.Context(), t, Archive, Args{Section: "7"})
	if got.Err != nil || len(got.Enqueued) != 1 || len(got.Progress) > 0 {
		t.Errorf("told to end, it returned %v, did %d files and enqueued %+v", got.Err, len(got.Progress), got.Enqueued)
	}
	got = taskstest.Run(t, Archive, Args{Section: "7"})
	if got.Err != nil || len(got.Enqueued) != 0 || got.Last().Done != 2 {
		t.Errorf("left alone, it returned %v, did %d files and enqueued %+v", got.Err, got.Last().Done, got.Enqueued)
	}
}
