// Package cluster connects programs to a Redis Cluster whose keys are all in one
// slot.
//
// The client is a plain one, of the node that has the slot, and so all that a
// plain client can do holds: scripts without declared keys, pipelines, waiting
// for lists, channels. Whenever it needs a connection it asks the nodes who has
// the slot by now, and when that is another, connections to the one before are
// closed. After a failover it goes on with the new master by itself; what was
// under way gets an error, as from a Redis that was restarted.
//
// A client that sends each key where it belongs would do one thing more that
// must not be: follow a slot while it is being moved, when half of its keys are
// here and half there. This one refuses until the move is over.
package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Addr is the address in the options of a client that [NewClient] made; the
// nodes have many.
const Addr = "the node that has the slot"

// askTime bounds how long a node is asked who has the slot. One that is frozen
// must not keep others from being asked, nor must one whose host is silent.
const askTime = time.Second

// dialTime bounds a connection to the node that has the slot, where the options
// say nothing.
const dialTime = 5 * time.Second

// NewClient returns a client of the node that has the slot of key. The options
// are those of one node; addrs are those of some nodes, one of which must answer
// when a connection is needed. A Redis that is no Cluster has all slots.
//
// For as long as the key is never set, everything that names it is refused while
// its slot is being moved to another node.
func NewClient(options redis.Options, key string, addrs ...string) *redis.Client {
	options.DialTimeout = cmp.Or(options.DialTimeout, dialTime)
	f := &finder{key: key, seeds: slices.Clone(addrs), addrs: addrs, ties: map[*tie]bool{}}
	f.node = options
	f.node.PoolSize, f.node.MinIdleConns, f.node.MaxRetries, f.node.DialerRetries = 1, 0, -1, 1
	f.node.DialTimeout, f.node.ReadTimeout, f.node.WriteTimeout = askTime, askTime, askTime
	f.node.ContextTimeoutEnabled = true
	f.connect = redis.NewDialer(&options)
	options.Addr, options.Dialer = Addr, f.dial
	rdb := redis.NewClient(&options)
	rdb.AddHook(hook{f})
	return rdb
}

// A finder finds the node that has the key. It is safe for use by many
// goroutines.
type finder struct {
	key     string
	seeds   []string      // the addresses that were given
	node    redis.Options // of a client that asks one node
	connect func(ctx context.Context, network, addr string) (net.Conn, error)

	mu    sync.Mutex
	addrs []string // of the node that had the key last, and the other seeds
	ties  map[*tie]bool
}

// dial connects to the node that has the key.
func (f *finder) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	addr, err := f.find(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := f.connect(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	t := &tie{conn, f, addr}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ties[t] = true
	return t, nil
}

// find asks one node after the other who has the key, and closes connections to
// all others.
func (f *finder) find(ctx context.Context) (addr string, err error) {
	asked := map[string]bool{}
	next := f.known()
	for len(next) > 0 {
		addr, next = next[0], next[1:]
		if asked[addr] {
			continue
		}
		asked[addr] = true
		other, failed := f.ask(ctx, addr)
		switch {
		case failed != nil:
			err = errors.Join(err, fmt.Errorf("ask %s: %w", addr, failed))
		case other == "":
			f.settle(addr)
			return addr, nil
		default:
			next = append([]string{other}, next...)
		}
	}
	return "", &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("no node of the Redis Cluster has slot of %s: %w", f.key, err)}
}

// ask asks a node whether it has the key. The answer is the address of another
// that is said to have it, or empty.
func (f *finder) ask(ctx context.Context, addr string) (other string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	options := f.node
	options.Addr = addr
	rdb := redis.NewClient(&options)
	defer rdb.Close()
	err = rdb.Exists(ctx, f.key).Err()
	if other, ok := movedTo(err); ok {
		return at(other, addr), nil
	}
	return "", err
}

// movedTo reads the address in the answer of a node that does not have a key.
func movedTo(err error) (addr string, ok bool) {
	if !redis.HasErrorPrefix(err, "MOVED") {
		return "", false
	}
	words := strings.Fields(err.Error())
	return words[len(words)-1], true
}

// at completes an address without a host: it is that of the node which said it.
func at(addr, said string) string {
	port, bare := strings.CutPrefix(addr, ":")
	if !bare {
		return addr
	}
	host, _, _ := net.SplitHostPort(said)
	return net.JoinHostPort(host, port)
}

func (f *finder) known() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.addrs)
}

// settle notes who has the key, and forgets who else was named by nodes: where
// addresses change they would grow in number for ever. Connections to others are
// closed: they may hang for long, or be answered by one that has not noticed yet
// that it is replaced.
func (f *finder) settle(addr string) {
	f.mu.Lock()
	var stale []*tie
	f.addrs = append([]string{addr}, slices.DeleteFunc(slices.Clone(f.seeds), func(a string) bool { return a == addr })...)
	for t := range f.ties {
		if t.addr != addr {
			stale = append(stale, t)
		}
	}
	f.mu.Unlock()
	for _, t := range stale {
		_ = t.Close() // nobody waits for what it says
	}
}

// A tie is a connection to a node.
type tie struct {
	net.Conn
	finder *finder
	addr   string
}

// NetConn returns the connection beneath, at which the client sees whether it
// was closed.
func (t *tie) NetConn() net.Conn { return t.Conn }

// Close implements [net.Conn].
func (t *tie) Close() error {
	t.finder.mu.Lock()
	delete(t.finder.ties, t)
	t.finder.mu.Unlock()
	return t.Conn.Close()
}

// A hook notices when the node that is asked does not have the key any more.
type hook struct{ finder *finder }

// DialHook implements [redis.Hook].
func (h hook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements [redis.Hook]: what was refused is asked of the node
// that has the key, once.
func (h hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if !h.moved(ctx, err) {
			return err
		}
		cmd.SetErr(nil)
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook implements [redis.Hook]. A pipeline is not sent again: a
// part of it may have been done.
func (h hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		for _, cmd := range cmds {
			if h.moved(ctx, cmd.Err()) {
				break
			}
		}
		return err
	}
}

// moved looks for the node that has the key by now, if err says that the one
// asked does not have what it was asked for, and reports whether it is another.
func (h hook) moved(ctx context.Context, err error) bool {
	if _, ok := movedTo(err); !ok {
		return false
	}
	was := h.finder.known()[0]
	is, err := h.finder.find(ctx)
	return err == nil && is != was
}
