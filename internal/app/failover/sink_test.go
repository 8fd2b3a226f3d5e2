package failover_test

import "sync"

// A sink stands for a system that jobs write to and that takes fences
// seriously. It judges by the order in which it accepts.
type sink struct {
	mu        sync.Mutex
	resources map[string]*resource
	refused   int // writes with an outdated fence
	conflicts int // writes that were accepted between two of another holder
	back      int // later holders with a smaller fence
}

// A resource is what one job at a time may write.
type resource struct {
	fence   int64
	holder  string
	earlier map[string]bool // those who held it before
}

func newSink() *sink { return &sink{resources: map[string]*resource{}} }

// write reports whether the write was accepted.
func (s *sink) write(name, holder string, fence int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.resources[name]
	if r == nil {
		r = &resource{earlier: map[string]bool{}}
		s.resources[name] = r
	}
	if fence < r.fence {
		s.refused++
		if !r.earlier[holder] {
			s.back++
		}
		return false
	}
	if holder != r.holder {
		if r.earlier[holder] {
			s.conflicts++
		}
		r.earlier[r.holder] = true
	}
	r.fence, r.holder = fence, holder
	return true
}
