package cluster_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
)

// silent returns an address that answers nothing, not even that it is there.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 0) }); err != nil {
		t.Fatal(err)
	}
	for range 16 { // nobody accepts them: when there are enough, no more are let in
		conn, err := net.DialTimeout("tcp", l.Addr().String(), 300*time.Millisecond)
		if err != nil {
			return l.Addr().String()
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Skip("this system lets in connections that nobody accepts")
	return ""
}

func TestANodeWhoseHostIsSilentIsPassedOver(t *testing.T) {
	t.Parallel()
	rdb := dial(t, silent(t), miniredis.RunT(t).Addr())
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := rdb.Set(ctx, key+"x", "1", 0).Err(); err != nil {
		t.Error(err)
	}
}

func TestANodeThatWasOnlyNamedIsForgottenWhenAnotherHasTheSlot(t *testing.T) {
	t.Parallel()
	seed, first, second := miniredis.RunT(t), miniredis.RunT(t), miniredis.RunT(t)
	at, gone := seed.Addr(), first.Addr()
	var has atomic.Pointer[miniredis.Miniredis]
	has.Store(first)
	seed.Server().SetPreHook(func(c *server.Peer, cmd string, _ ...string) bool {
		if cmd == "EXISTS" {
			c.WriteError("MOVED 1 " + has.Load().Addr())
		}
		return cmd == "EXISTS"
	})
	rdb := dial(t, seed.Addr())
	soon(t, "reach the first", func(ctx context.Context) error { return rdb.Ping(ctx).Err() })
	has.Store(second)
	first.Close()
	soon(t, "reach the second", func(ctx context.Context) error { return rdb.Ping(ctx).Err() })
	second.Close()
	seed.Close()
	err := rdb.Ping(t.Context()).Err()
	if err == nil || !strings.Contains(err.Error(), at) || strings.Contains(err.Error(), gone) {
		t.Errorf("error %v; want one that asked the seed %s, and not %s", err, at, gone)
	}
}
