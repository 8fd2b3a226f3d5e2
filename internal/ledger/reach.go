package ledger

import (
	"cmp"
	"database/sql"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// unheard is how long the other end of a connection may leave what was sent to
// it unacknowledged. A network that is cut off says nothing, and the kernel by
// itself tries again for a quarter of an hour, at intervals that grow to
// minutes: the ledger would stand still long after the network is back. A
// server that is merely slow acknowledges at once.
const unheard = 10 * time.Second

// openServer opens a PostgreSQL, over connections that notice when it cannot be
// reached any more.
func openServer(location string) (*sql.DB, error) {
	c, err := pgx.ParseConfig(location)
	if err != nil {
		return nil, err
	}
	c.DialFunc = dialer(c.ConnectTimeout).DialContext
	return stdlib.OpenDB(*c), nil
}

func dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{Timeout: cmp.Or(timeout, unheard), Control: func(network, _ string, c syscall.RawConn) error {
		if !strings.HasPrefix(network, "tcp") {
			return nil
		}
		return limitSilence(c, unheard)
	}}
}
