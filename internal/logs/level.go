package logs

import (
	"log/slog"
	"sync"
	"time"
)

// A Level is the least level that a process logs. It is that of the settings,
// unless people have asked for another for a while. It is safe for concurrent
// use.
type Level struct {
	now  slog.LevelVar
	base slog.Level

	mu    sync.Mutex
	until time.Time
	back  *time.Timer
}

// NewLevel returns a level that is base until it is changed.
func NewLevel(base slog.Level) *Level {
	l := &Level{base: base}
	l.now.Set(base)
	return l
}

// Level implements [slog.Leveler].
func (l *Level) Level() slog.Level { return l.now.Level() }

// Until returns when the level goes back to that of the settings; zero if it is
// that.
func (l *Level) Until() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until
}

// Set makes the level another one until that time, when it goes back by itself.
// A time that has passed brings it back at once.
func (l *Level) Set(level slog.Level, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.back != nil {
		l.back.Stop()
	}
	left := time.Until(until)
	if left <= 0 {
		l.restore()
		return
	}
	l.now.Set(level)
	l.until = until
	var back *time.Timer
	back = time.AfterFunc(left, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.back == back { // else it was changed again meanwhile
			l.restore()
		}
	})
	l.back = back
}

func (l *Level) restore() {
	l.now.Set(l.base)
	l.until, l.back = time.Time{}, nil
}
