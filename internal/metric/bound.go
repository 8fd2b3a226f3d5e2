package metric

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// other is the value of a label that has no room for one more.
const other = "other"

// A bound lets so many values of a label through; more are other.
type bound struct {
	most     int
	overflow prometheus.Counter

	mu    sync.RWMutex
	known map[string]bool
}

func (m *Metrics) bound(label string, most int) *bound {
	return &bound{most: most, overflow: m.overflow.WithLabelValues(label), known: map[string]bool{}}
}

// of returns the value, or other.
func (b *bound) of(value string) string {
	b.mu.RLock()
	known := b.known[value]
	b.mu.RUnlock()
	if known || b.add(value) {
		return value
	}
	b.overflow.Inc()
	return other
}

func (b *bound) add(value string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.known[value] && len(b.known) < b.most-1 {
		b.known[value] = true
	}
	return b.known[value]
}

// A series is what most metrics of jobs are told apart by.
type series struct{ task, client, queue string }

// A seriesBound lets so many series through. Clients are what there are most
// of: four fifths of the room are for series as they come, then those of
// further clients are one, and at last all that is left is one.
type seriesBound struct {
	most            int
	clients, others prometheus.Counter

	mu    sync.Mutex
	known map[series]bool
}

func (m *Metrics) seriesBound(most int) *seriesBound {
	return &seriesBound{
		most: most, clients: m.overflow.WithLabelValues("client"), others: m.overflow.WithLabelValues("task"), known: map[series]bool{},
	}
}

// of returns the series that one is counted as.
func (b *seriesBound) of(s series) series {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.admit(s, b.most*4/5) {
		return s
	}
	if s.client = other; b.admit(s, b.most-1) {
		b.clients.Inc()
		return s
	}
	b.others.Inc()
	return series{other, other, other}
}

// admit reports whether a series is among so many.
func (b *seriesBound) admit(s series, most int) bool {
	if !b.known[s] && len(b.known) < most {
		b.known[s] = true
	}
	return b.known[s]
}
