package ledger

import (
	"errors"
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of Linux, in milliseconds.
const tcpUserTimeout = 18

// limitSilence has the kernel end a connection over which nothing that was sent
// is acknowledged for that long.
func limitSilence(c syscall.RawConn, d time.Duration) error {
	var set error
	err := c.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(d.Milliseconds()))
	})
	return errors.Join(err, set)
}
