package door

import (
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
)

// believed is how long an identity is believed while the store is away, and
// remembered is how many there are at most.
const (
	believed   = 5 * time.Minute
	remembered = 1000
)

// memory is who was let in lately, by the hash of what they came with.
type memory struct {
	mu  sync.Mutex
	who map[string]checked
}

// checked is who somebody was when the store was asked.
type checked struct {
	who auth.Who
	at  time.Time
}

// keep remembers somebody. When there are too many, all are forgotten.
func (m *memory) keep(hash string, w auth.Who, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.who == nil || len(m.who) >= remembered {
		m.who = map[string]checked{}
	}
	m.who[hash] = checked{w, now}
}

// forget forgets somebody who is no longer let in.
func (m *memory) forget(hash string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.who, hash)
}

// recall returns who somebody was.
func (m *memory) recall(hash string, now time.Time) (auth.Who, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.who[hash]
	return c.who, ok && now.Sub(c.at) < believed
}
