package scheduler

import (
	"sync"

	"github.com/beadle-jobs/beadle/internal/metric"
	"github.com/beadle-jobs/beadle/internal/record"
)

// terms adds up what the recorders of this process have done: each time that
// it comes to lead it has a new one.
type terms struct {
	mu   sync.Mutex
	past metric.Recording // of those that have ended
	now  *record.Recorder // nil: the process does not lead
}

// begin begins a term.
func (t *terms) begin(r *record.Recorder) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = r
}

// end ends it.
func (t *terms) end() {
	all := t.recording()
	t.mu.Lock()
	defer t.mu.Unlock()
	all.Behind = 0
	t.past, t.now = all, nil
}

// recording is what they have done in all.
func (t *terms) recording() metric.Recording {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.past
	if t.now != nil {
		s := t.now.Status()
		all.Behind, all.Skipped, all.Restored = s.Behind, all.Skipped+s.Skipped, all.Restored+s.Restored
	}
	return all
}
