package cluster_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/cluster"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestMain(m *testing.M) { testservers.Main(m) }

const key = "beadle:{b}:"

func addrs(g *testservers.Group) (all []string) {
	for _, n := range g.Nodes {
		all = append(all, n.Addr)
	}
	return all
}

func dial(t *testing.T, addrs ...string) *redis.Client {
	t.Helper()
	rdb := cluster.NewClient(redis.Options{ContextTimeoutEnabled: true}, key, addrs...)
	t.Cleanup(func() { rdb.Close() })
	return rdb
}

// soon tries again until it works, or 20 s have passed.
func soon(t *testing.T, what string, try func(ctx context.Context) error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		err = try(ctx)
		cancel()
		if err == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, err)
}

func TestWhoeverHasTheSlotIsFoundFromAnyNode(t *testing.T) {
	t.Parallel()
	g := testservers.Cluster(t)
	for _, addr := range addrs(g) {
		rdb := dial(t, addr)
		if err := rdb.Incr(t.Context(), key+"count").Err(); err != nil {
			t.Errorf("from %s: %v", addr, err)
		}
		if _, err := rdb.Pipelined(t.Context(), func(p redis.Pipeliner) error {
			p.Incr(t.Context(), key+"count")
			p.LPush(t.Context(), key+"list", "x")
			return nil
		}); err != nil {
			t.Errorf("a pipeline from %s: %v", addr, err)
		}
	}
	if got := dial(t, addrs(g)[0]).Get(t.Context(), key+"count").Val(); got != "12" {
		t.Errorf("%s were counted, want 12", got)
	}
}

func TestAClientGoesOnWithTheNewMaster(t *testing.T) {
	for way, leave := range map[string]func(*testservers.Node){"killed": (*testservers.Node).Kill, "frozen": (*testservers.Node).Freeze} {
		t.Run("of one that is "+way, func(t *testing.T) {
			t.Parallel()
			g := testservers.Cluster(t)
			rdb, waits := dial(t, addrs(g)...), dial(t, addrs(g)...)
			was := g.Master(key)
			if err := rdb.Set(t.Context(), key+"x", "1", 0).Err(); err != nil {
				t.Fatal(err)
			}
			popped := make(chan string, 1)
			go func() {
				for {
					got, err := waits.BLPop(t.Context(), 2*time.Second, key+"wake").Result()
					if err == nil {
						popped <- got[1]
						return
					}
					waits.Ping(t.Context())
				}
			}()
			heard := rdb.Subscribe(t.Context(), key+"channel").Channel()
			leave(was)
			g.Master(key, was)
			soon(t, "write", func(ctx context.Context) error { return rdb.Set(ctx, key+"x", "2", 0).Err() })
			soon(t, "be heard", func(ctx context.Context) error {
				rdb.Publish(ctx, key+"channel", "hello")
				select {
				case <-heard:
					return nil
				case <-time.After(100 * time.Millisecond):
					return context.DeadlineExceeded
				}
			})
			if err := rdb.LPush(t.Context(), key+"wake", "token").Err(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-popped:
			case <-time.After(15 * time.Second):
				t.Error("whoever waited for a token at the old master has not heard of it")
			}
			if way == "frozen" {
				was.Thaw()
				for range 50 {
					soon(t, "write", func(ctx context.Context) error { return rdb.Incr(ctx, key+"x").Err() })
				}
				if got, err := g.Master(key, was).Client().Get(t.Context(), key+"x").Result(); got != "52" {
					t.Errorf("the new master has %s, %v; want all that was acknowledged", got, err)
				}
			}
		})
	}
}

func TestAMasterThatWasToldToGiveUpIsLeft(t *testing.T) {
	t.Parallel()
	g := testservers.Cluster(t)
	rdb := dial(t, addrs(g)...)
	was := g.Master(key)
	if err := rdb.Set(t.Context(), key+"x", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	soon(t, "hand over", func(ctx context.Context) error { return g.Replica(was).Client().ClusterFailover(ctx).Err() })
	g.Master(key, was)
	for i := range 3 {
		if err := rdb.Incr(t.Context(), key+"x").Err(); err != nil {
			t.Errorf("command %d after a failover by hand: %v", i, err)
		}
	}
}

// TestNothingIsDoneWhileTheSlotIsMoved would find half of the keys on each node.
func TestNothingIsDoneWhileTheSlotIsMoved(t *testing.T) {
	t.Parallel()
	g := testservers.Cluster(t)
	rdb := dial(t, addrs(g)...)
	from := g.Master(key)
	script := redis.NewScript(`return redis.call('INCR', 'beadle:{b}:x')`)
	run := func(ctx context.Context) error { return script.Run(ctx, rdb, []string{key}).Err() }
	if err := run(t.Context()); err != nil {
		t.Fatal(err)
	}
	to := g.Nodes[0]
	if to == from {
		to = g.Nodes[1]
	}
	move := newMove(t, from, to)
	move.begin()
	if err := run(t.Context()); err == nil {
		t.Error("a script ran while its slot was moved")
	}
	move.end("beadle:{b}:x")
	soon(t, "run the script where the slot is now", run)
	if got := to.Client().Get(t.Context(), "beadle:{b}:x").Val(); got != "2" {
		t.Errorf("%s, want what was counted before and after", got)
	}
}

// A move is that of the slot of key from one node to another.
type move struct {
	t            *testing.T
	from, to     *redis.Client
	fromID, toID string
	toAddr       string
	slot         int64
}

func newMove(t *testing.T, from, to *testservers.Node) *move {
	t.Helper()
	m := &move{t: t, from: from.Client(), to: to.Client(), toAddr: to.Addr}
	m.fromID, m.toID = m.from.Do(t.Context(), "CLUSTER", "MYID").Val().(string), m.to.Do(t.Context(), "CLUSTER", "MYID").Val().(string)
	m.slot = m.from.ClusterKeySlot(t.Context(), key).Val()
	return m
}

func (m *move) do(rdb *redis.Client, words ...any) {
	m.t.Helper()
	if err := rdb.Do(m.t.Context(), words...).Err(); err != nil {
		m.t.Fatalf("%v: %v", words, err)
	}
}

func (m *move) begin() {
	m.do(m.to, "CLUSTER", "SETSLOT", m.slot, "IMPORTING", m.fromID)
	m.do(m.from, "CLUSTER", "SETSLOT", m.slot, "MIGRATING", m.toID)
}

func (m *move) end(keys ...any) {
	host, port, _ := net.SplitHostPort(m.toAddr)
	m.do(m.from, append([]any{"MIGRATE", host, port, "", 0, 5000, "KEYS"}, keys...)...)
	m.do(m.to, "CLUSTER", "SETSLOT", m.slot, "NODE", m.toID)
	m.do(m.from, "CLUSTER", "SETSLOT", m.slot, "NODE", m.toID)
}

func TestARedisThatIsNoClusterHasEverySlot(t *testing.T) {
	t.Parallel()
	rdb := dial(t, miniredis.RunT(t).Addr())
	if err := rdb.Set(t.Context(), key+"x", "1", 0).Err(); err != nil {
		t.Error(err)
	}
}

func TestWhereNobodyAnswersTheErrorSaysWhoWasAsked(t *testing.T) {
	t.Parallel()
	addr := net.JoinHostPort("127.0.0.1", "1")
	err := dial(t, addr).Ping(t.Context()).Err()
	if err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("error %v", err)
	}
}
