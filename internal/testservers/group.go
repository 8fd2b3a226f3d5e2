package testservers

import (
	"context"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Group is redis-servers of which one takes the place of another that is
// gone. It is one test's own.
type Group struct {
	URL   string // where a client finds whoever is master
	Nodes []*Node
	// Sentinels are the addresses of those who know which node is master; none
	// in a Cluster.
	Sentinels []string

	t testing.TB
	// master is the address of the one that the others take for the master of
	// a key.
	master func(ctx context.Context, key string) (addr string, err error)
}

// A Node is a redis-server that a test may kill, freeze and start again.
type Node struct {
	Addr string

	t       testing.TB
	command func() *exec.Cmd
	process *process
}

// Master returns the one that has that key, once the others agree that it is
// another than any of those.
func (g *Group) Master(key string, others ...*Node) *Node {
	g.t.Helper()
	var found *Node
	await(g.t, "a master", func(ctx context.Context) bool {
		addr, err := g.master(ctx, key)
		found = g.node(addr)
		return err == nil && found != nil && !slices.Contains(others, found)
	})
	return found
}

func (g *Group) node(addr string) *Node {
	for _, n := range g.Nodes {
		if n.Addr == addr {
			return n
		}
	}
	return nil
}

// add starts another server with those settings.
func (g *Group) add(settings ...string) *Node {
	g.t.Helper()
	dir, port := g.t.TempDir(), FreePort(g.t)
	n := &Node{t: g.t, Addr: loopback(port)}
	n.command = func() *exec.Cmd {
		cmd := RedisCommand(dir, port)
		cmd.Args = append(cmd.Args, settings...)
		return cmd
	}
	g.t.Cleanup(n.Kill)
	n.Start()
	g.Nodes = append(g.Nodes, n)
	return n
}

// Start starts the server, with the data that it had.
func (n *Node) Start() {
	n.t.Helper()
	p, err := launch(n.command())
	if err == nil {
		n.process = p
		err = accepts(n.Addr, p.ended)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// Kill ends the server without a word (SIGKILL).
func (n *Node) Kill() {
	_ = n.process.Kill() // it may have ended
	<-n.process.ended
}

// Freeze stops the server where it stands; its connections stay open and
// nobody answers.
func (n *Node) Freeze() { n.signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (n *Node) Thaw() { n.signal(syscall.SIGCONT) }

func (n *Node) signal(sig syscall.Signal) {
	n.t.Helper()
	if err := n.process.Signal(sig); err != nil {
		n.t.Fatal(err)
	}
}

// Client returns a client of this server, whatever it is to the others.
func (n *Node) Client() *redis.Client {
	rdb := redis.NewClient(&redis.Options{Addr: n.Addr, MaxRetries: -1, ContextTimeoutEnabled: true})
	n.t.Cleanup(func() { rdb.Close() })
	return rdb
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// await waits up to 30 s, which is more than a failover takes.
func await(t testing.TB, what string, ok func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for !ok(ctx) {
		if ctx.Err() != nil {
			t.Fatalf("wait for %s: nothing after 30 s", what)
		}
		pause()
	}
}
