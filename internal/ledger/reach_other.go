//go:build !linux

package ledger

import (
	"syscall"
	"time"
)

// limitSilence leaves it to the system when a connection is given up.
func limitSilence(syscall.RawConn, time.Duration) error { return nil }
