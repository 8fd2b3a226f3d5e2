package failover_test

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

var (
	prove    = flag.Bool("prove", false, "run the proof, which takes minutes")
	rate     = flag.Int("rate", 300, "jobs per second")
	span     = flag.Duration("span", 30*time.Second, "how long jobs are enqueued; the master goes after a third of it")
	replicas = flag.Int("replicas", 0, "how many replicas must have a job before it is acknowledged (WAIT)")
)

func TestMain(m *testing.M) { testservers.Main(m) }

// A loss is how a master goes and comes back.
type loss struct {
	name     string
	settings []string
	leave    func(t *testing.T, master *testservers.Node)
	back     func(master *testservers.Node)
}

// guarded are settings with which a master that has lost its replicas takes no
// more writes.
var guarded = []string{"--min-replicas-to-write", "1", "--min-replicas-max-lag", "1"}

var losses = []loss{
	{"killed", nil, kill, (*testservers.Node).Start},
	{"frozen for 10 s", nil, freeze, (*testservers.Node).Thaw},
	{"cut off from its replicas for 3 s, then killed", nil, cutOff, (*testservers.Node).Start},
	{"the same, with min-replicas-to-write 1", guarded, cutOff, (*testservers.Node).Start},
}

func kill(_ *testing.T, n *testservers.Node) { n.Kill() }

func freeze(_ *testing.T, n *testservers.Node) { n.Freeze() }

// cutOff has the master serve on without replicas for a while before it dies.
func cutOff(t *testing.T, n *testservers.Node) {
	t.Helper()
	rdb := n.Client()
	if err := rdb.Do(t.Context(), "ACL", "SETUSER", "default", "-psync", "-sync").Err(); err != nil {
		t.Fatal(err)
	}
	if err := rdb.Do(t.Context(), "CLIENT", "KILL", "TYPE", "REPLICA").Err(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	n.Kill()
}

func TestAChangeOfMasterUnderLoad(t *testing.T) {
	if !*prove {
		t.Skip("takes minutes: make failover-proof")
	}
	for name, begin := range map[string]func(testing.TB, ...string) *testservers.Group{
		"Sentinels": testservers.Sentinels, "Cluster": testservers.Cluster,
	} {
		for _, l := range losses {
			t.Run(name+", master "+l.name, func(t *testing.T) { endure(t, begin(t, l.settings...), l) })
		}
	}
}

func endure(t *testing.T, g *testservers.Group, l loss) {
	s := newSite(t, g)
	s.start()
	out := &outcome{site: s, load: s.newLoad(*rate), records: s.records()}
	s.ready()
	ctx, cancel := context.WithTimeout(t.Context(), *span)
	defer cancel()
	done := make(chan struct{})
	go func() { out.load.run(ctx); close(done) }()
	time.Sleep(*span / 3)

	master := g.Master(lock.Home)
	l.leave(t, master)
	gone := time.Now()
	is := g.Master(lock.Home, master)
	out.elected = time.Since(gone)
	out.look(is, out.load.before(gone))
	time.Sleep(max(0, 10*time.Second-time.Since(gone)))
	l.back(master)

	<-done
	out.settle()
	out.judge()
}

// ready waits until jobs are accepted.
func (s *site) ready() {
	s.t.Helper()
	e := s.engine()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		_, err := e.Enqueue(s.t.Context(), request(0))
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatal(err)
		}
	}
}

// An outcome is what became of everything.
type outcome struct {
	*site
	load    *load
	records *ledger.Ledger

	elected time.Duration // until all knew the new master
	absent  []string      // acknowledged, and neither ended nor with the new master
}
