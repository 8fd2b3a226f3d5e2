package onerosterapi

import (
	"context"
	"time"
)

// SleepWith makes a source pass its pauses in another way.
func (s *Source) SleepWith(sleep func(context.Context, time.Duration) error) { s.sleep = sleep }

// Patience is how long a source waits for the next bytes of an answer.
func (s *Source) Patience(d time.Duration) { s.patience = d }
