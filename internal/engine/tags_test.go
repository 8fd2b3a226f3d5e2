package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestTagsStayWithTheirJob(t *testing.T) { inBoth(t, tagsStay) }

func tagsStay(h *house) {
	h.declare(does("roster.sync", nothing))
	was := job.Resume{Queue: "default", Created: time.Now().Truncate(time.Millisecond)}
	for what, r := range map[string]job.Request{
		"queued":                     {},
		"known by a key":             {Key: "k"},
		"scheduled":                  {At: time.Now().Add(time.Hour)},
		"one that expires":           {Expires: time.Now().Add(time.Hour)},
		"one that Redis lost before": {ID: uuid.Must(uuid.NewV7()).String(), Resume: &was},
	} {
		r.Task, r.Tags = "roster.sync", []string{"term-2026", "drill", "drill"}
		want := []string{"drill", "term-2026"}
		j := h.enqueue(r)
		if diff := cmp.Diff(want, j.Tags); diff != "" {
			h.Errorf("%s, as it was accepted (-want +got):\n%s", what, diff)
		}
		if diff := cmp.Diff(want, h.job(j.ID).Tags); diff != "" {
			h.Errorf("%s, as Redis has it (-want +got):\n%s", what, diff)
		}
		told, ok := h.history(j.ID)[0].(events.JobEnqueued)
		if diff := cmp.Diff(want, told.Job.Tags); !ok || diff != "" {
			h.Errorf("%s, as the recorder is told (-want +got):\n%s", what, diff)
		}
	}
}

func TestAJobWithoutTagsSaysNothingOfThem(t *testing.T) {
	h := smallHouse(t)
	h.declare(does("roster.sync", nothing))
	plain := h.accepting(job.Request{Task: "roster.sync"})
	empty := h.accepting(job.Request{Task: "roster.sync", Tags: []string{}})
	if !plain.simple() || len(plain.msg) != len(empty.msg) || empty.Tags != nil {
		t.Errorf("messages of %d and %d bytes, tags %v", len(plain.msg), len(empty.msg), empty.Tags)
	}
	id := h.enqueue(job.Request{Task: "roster.sync"}).ID
	if one, err := h.inspector().GetTaskInfo("b}:default", id); err != nil || one.Headers["tags"] != "" {
		t.Errorf("headers %v, %v", one.Headers, err)
	}
}

func TestWhatIsNoTagIsNotEnqueued(t *testing.T) {
	h := smallHouse(t)
	h.declare(does("roster.sync", nothing))
	_, err := h.Enqueue(t.Context(), job.Request{Task: "roster.sync", Tags: []string{"two words"}})
	if refused, _ := errors.AsType[*fault.Error](err); refused == nil || refused.Kind != fault.Invalid || refused.Field != "tags" {
		t.Errorf("got %v, want a refusal that names tags", err)
	}
}

func TestAChildHasTheTagsThatItWasGiven(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("child", nothing))
	children := make(chan string, 9)
	h.worker(does("parent", func(ctx context.Context, j *tasks.Job[params]) error {
		for _, r := range []tasks.Request{{Key: "a", Tags: []string{"drill"}}, {Key: "b"}} {
			r.Task = "child"
			id, err := j.Enqueue(ctx, r)
			if err != nil {
				return err
			}
			children <- id
		}
		return nil
	}))
	h.reaches(h.enqueue(job.Request{Task: "parent", Tags: []string{"term-2026"}}).ID, job.Succeeded)

	if diff := cmp.Diff([]string{"drill"}, h.job(<-children).Tags); diff != "" {
		t.Errorf("the one with tags (-want +got):\n%s", diff)
	}
	if tags := h.job(<-children).Tags; tags != nil {
		t.Errorf("the one without has %v", tags)
	}
}

func TestThePartsOfAJobHaveItsTags(t *testing.T) {
	h := smallHouse(t)
	task := does("cache.clear", nothing)
	task.EachWorker = true
	h.employs(WorkerOptions{Name: "a"}, task)
	id := h.enqueue(job.Request{Task: "cache.clear", Tags: []string{"drill"}}).ID
	h.reaches(id, job.Succeeded)
	parts := h.parts(id)
	if len(parts) != 1 {
		t.Errorf("%d parts, want 1", len(parts))
	}
	for _, part := range parts {
		if diff := cmp.Diff([]string{"drill"}, part.Tags); diff != "" {
			t.Errorf("part %s (-want +got):\n%s", part.ID, diff)
		}
	}
}
