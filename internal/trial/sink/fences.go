package sink

import "github.com/beadle-jobs/beadle/internal/trial/journal"

// fences are the greatest fences that the sink has seen.
type fences struct {
	jobs   map[string]int64
	holds  map[string]highest
	failed map[string]map[int]bool // attempts that ended in an error, by job
}

// highest are the greatest fences that one resource was written under: those of
// holders who wrote it, and of all.
type highest struct{ writer, any int64 }

func newFences() *fences {
	return &fences{map[string]int64{}, map[string]highest{}, map[string]map[int]bool{}}
}

// take reports whether a write is accepted, and remembers it if so. Readers of
// a resource write side by side, whatever their order; none writes after a
// writer that came later.
func (f *fences) take(w journal.Sunk) bool {
	if w.Fence < f.jobs[w.Job] {
		return false
	}
	for _, h := range w.Holds {
		seen := f.holds[h.Name]
		if w.Fence < seen.writer || h.Write && w.Fence < seen.any {
			return false
		}
	}
	f.remember(w)
	return true
}

func (f *fences) remember(w journal.Sunk) {
	f.jobs[w.Job] = w.Fence
	for _, h := range w.Holds {
		seen := f.holds[h.Name]
		seen.any = max(seen.any, w.Fence)
		if h.Write {
			seen.writer = w.Fence
		}
		f.holds[h.Name] = seen
	}
	if w.What == journal.End && w.Result == journal.Error {
		f.fail(w.Job, w.Attempt)
	}
}

func (f *fences) fail(job string, attempt int) {
	if f.failed[job] == nil {
		f.failed[job] = map[int]bool{}
	}
	f.failed[job][attempt] = true
}

// failures is how many attempts at a job have ended in an error.
func (f *fences) failures(job string) int { return len(f.failed[job]) }
