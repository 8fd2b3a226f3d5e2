package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestAJobForEachWorkerLeavesOutThoseWithoutTheLabels(t *testing.T) {
	h := smallHouse(t)
	task := does("render", nothing)
	task.EachWorker, task.Where = true, map[string]string{"gpu": "yes"}
	h.employs(WorkerOptions{Name: "a", Labels: map[string]string{"gpu": "yes"}}, task)
	h.employs(WorkerOptions{Name: "b", Labels: map[string]string{"gpu": "no"}}, task)
	h.employs(WorkerOptions{Name: "c", Labels: map[string]string{"gpu": "yes", "zone": "a"}}, task)
	h.employs(WorkerOptions{Name: "d", Labels: map[string]string{"gpu": "yes"}}, does("other", nothing))

	id := h.enqueue(job.Request{Task: "render"}).ID
	h.reaches(id, job.Succeeded)
	workers, err := h.workersOf(t.Context(), task.Info())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, worker := range workers {
		names = append(names, worker.Name)
	}
	if diff := cmp.Diff([]string{"a", "c"}, names); diff != "" {
		t.Errorf("workers (-want +got):\n%s", diff)
	}
	rec, err := h.read(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if rec.parts.all != 2 || rec.Queue != "default@gpu=yes" {
		t.Errorf("queue %s, %d parts", rec.Queue, rec.parts.all)
	}
}
