package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/cluster"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// ground is what realHouse stands on if that is a group of servers.
var ground *testservers.Group

// TestOnARedisCluster repeats what matters on a real Cluster, whose nodes refuse
// scripts that touch another slot.
func TestOnARedisCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("starts six servers")
	}
	ground = testservers.Cluster(t)
	defer func() { ground = nil }()
	for name, test := range map[string]func(*testing.T){
		"accepting":             TestABigBatchRunsInItsOrder,
		"accepting once":        TestAPortionThatWasSentTwiceIsAcceptedOnce,
		"keys":                  TestAnIdempotencyKeyStandsForOneRequest,
		"running":               TestLifeOfAJob,
		"running later":         TestStartsWhenItIsDueAndNoSooner,
		"retrying":              TestRetriesUntilItWorks,
		"aborting":              TestAbortEndsAJobThatNobodyHolds,
		"aborting what runs":    TestAnAbortReachesRunningJobsWithinASecond,
		"locks":                 TestReadersShareAndWritersDoNot,
		"blocking jobs":         TestABlockingJobIsTheOnlyOneOfItsClient,
		"limits":                TestLimitsBoundHowManyRun,
		"rates":                 TestARateSpreadsStarts,
		"waiting":               TestAJobWaitsForWhatAnotherHolds,
		"handing over":          TestHandOverGoesByTheOrderOfArrival,
		"uniqueness":            TestOneJobWaitsBehindItsTwin,
		"clients":               TestClientsTakeTurns,
		"placement":             TestAJobForEachWorker,
		"unknown tasks":         TestAJobWaitsForAWorkerThatKnowsItsTask,
		"pauses":                TestAPausedQueueStartsNothingUntilItIsResumed,
		"stopping":              TestJobsGoBackToTheHeadWhenTheWorkerHasStopped,
		"recovery":              TestNoJobIsLostByWorkersThatFail,
		"orphans":               TestOrphansAreQueuedAgain,
		"forgetting":            TestForgetsOnlyWhatHasEnded,
		"events":                TestEventsAreReadInOrderAndTrimmed,
		"every move":            TestJobsOnlyMakeMovesThatTheyMay,
		"what Redis says of it": TestTellsWhatRedisIs,
		"the leader":            leads,
	} {
		t.Run(name, test)
	}
}

// leads has two of three who want to lead wait until the first is gone.
func leads(t *testing.T) {
	h := realHouse(t)
	var leading, led atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 3)
	for i := range 3 {
		l := lock.NewLeader(h.rdb, "office", fmt.Sprint(i), h.log)
		go func() {
			ended <- l.Run(ctx, func(context.Context) error {
				if leading.Add(1) > 1 {
					t.Error("two lead")
				}
				defer leading.Add(-1)
				time.Sleep(50 * time.Millisecond)
				led.Add(1)
				return nil
			})
		}()
	}
	h.until("several have led", func() bool { return led.Load() > 2 })
	stop()
	for range 3 {
		<-ended
	}
}

// groupHouse stands on servers that stand in for each other.
func groupHouse(t *testing.T, g *testservers.Group) *house {
	t.Helper()
	h := newHouse(t, g.Nodes[0].Addr)
	h.rdb = dialGroup(t, g)
	h.Engine = New(h.rdb, h.log)
	return h
}

func dialGroup(t *testing.T, g *testservers.Group) *redis.Client {
	t.Helper()
	if g.Sentinels == nil {
		var addrs []string
		for _, n := range g.Nodes {
			addrs = append(addrs, n.Addr)
		}
		rdb := cluster.NewClient(redis.Options{ContextTimeoutEnabled: true}, lock.Home, addrs...)
		t.Cleanup(func() { rdb.Close() })
		return rdb
	}
	rdb := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: testservers.MasterName, SentinelAddrs: g.Sentinels, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { rdb.Close() })
	return rdb
}

// TestAFailoverInTheMiddleOfTheWork kills or freezes the master while two
// workers run jobs that exclude each other. What the replicas had by then must
// all be done, and nobody may hold what another still holds.
func TestAFailoverInTheMiddleOfTheWork(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many servers")
	}
	killed := absence{(*testservers.Node).Kill, (*testservers.Node).Start}
	frozen := absence{(*testservers.Node).Freeze, (*testservers.Node).Thaw}
	t.Run("Sentinels, master killed", func(t *testing.T) { t.Parallel(); failOver(t, testservers.Sentinels(t), killed) })
	t.Run("Sentinels, master frozen", func(t *testing.T) { t.Parallel(); failOver(t, testservers.Sentinels(t), frozen) })
	t.Run("Cluster, master killed", func(t *testing.T) { t.Parallel(); failOver(t, testservers.Cluster(t), killed) })
	t.Run("Cluster, master frozen", func(t *testing.T) { t.Parallel(); failOver(t, testservers.Cluster(t), frozen) })
}

// An absence is how a master goes, and how it comes back.
type absence struct{ leave, back func(*testservers.Node) }

func failOver(t *testing.T, g *testservers.Group, a absence) {
	h := groupHouse(t, g)
	was := g.Master(lock.Home)
	task, begun := turnTakers()
	for _, name := range []string{"first", "second"} {
		other := groupHouse(t, g)
		other.start(NewWorker(other.Engine, tasks.NewRegistry(task), WorkerOptions{Name: name, Concurrency: 5, Drain: time.Millisecond}))
	}
	h.sweeping()
	var ids []string
	for i := range 100 {
		ids = append(ids, h.enqueue(job.Request{Task: "task", Args: raw(fmt.Sprintf(`{"name":"%d"}`, i%3))}).ID)
	}
	if err := was.Client().Wait(t.Context(), 1, time.Second).Err(); err != nil {
		t.Fatal(err)
	}

	left := time.Now()
	a.leave(was)
	g.Master(lock.Home, was)
	time.Sleep(time.Until(left.Add(lock.Lease))) // one that comes back sooner may go on for a second before it is told
	a.back(was)

	open := ids
	for deadline := time.Now().Add(time.Minute); len(open) > 0 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if j, err := h.Job(t.Context(), open[0]); err == nil && j.State == job.Succeeded {
			open = open[1:]
		}
	}
	if len(open) > 0 {
		j, err := h.Job(t.Context(), open[0])
		t.Errorf("%d of %d jobs are not done that the replicas knew; the first is %+v, %v", len(open), len(ids), j, err)
	}
	if n := begun.overlaps.Load(); n != 0 {
		t.Errorf("%d times two jobs held one lock", n)
	}
	if n := begun.between(left.Add(time.Second), left.Add(lock.Lease)); n != 0 {
		t.Errorf("%d jobs began within a lease of the change of master", n)
	}
}

// beginnings are when jobs began, and how often two held one lock.
type beginnings struct {
	overlaps atomic.Int64
	mu       sync.Mutex
	at       []time.Time
}

// between is how many began between two times.
func (b *beginnings) between(from, to time.Time) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, at := range b.at {
		if at.After(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// turnTakers is a task that writes one of three resources for 100 ms.
func turnTakers() (tasks.Spec[params], *beginnings) {
	var inside [3]atomic.Int64
	b := &beginnings{}
	task := does("task", func(ctx context.Context, j *tasks.Job[params]) error {
		b.mu.Lock()
		b.at = append(b.at, time.Now())
		b.mu.Unlock()
		mine := &inside[j.Args.Name[0]-'0']
		if mine.Add(1) > 1 {
			b.overlaps.Add(1)
		}
		defer mine.Add(-1)
		if !sleep(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
		return nil
	})
	task.Writes = func(p params) []string { return []string{p.Name} }
	return task, b
}

func TestAJobIsAcknowledgedOnlyWhenAReplicaHasIt(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many servers")
	}
	t.Parallel()
	g := testservers.Sentinels(t)
	h := groupHouse(t, g)
	h.Confirm(1)
	h.declare(does("task", nothing))
	h.enqueue(job.Request{Task: "task"})
	master := g.Master(lock.Home)
	for _, n := range g.Nodes {
		if n != master {
			n.Freeze()
		}
	}

	r := job.Request{ID: "01a20000-0000-7000-8000-000000000001", Task: "task"}
	if _, err := h.Enqueue(t.Context(), r); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a job that no replica has: %v, want it unavailable", err)
	}
	if _, err := h.Enqueue(t.Context(), r); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the same again: %v, want it unavailable", err)
	}
	other := groupHouse(t, g) // whose connections have written nothing
	other.Confirm(1)
	if _, err := other.Enqueue(t.Context(), r); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the same again by another: %v, want it unavailable", err)
	}
	for _, n := range g.Nodes {
		n.Thaw()
	}
	h.until("a replica has it", func() bool { _, err := h.Enqueue(t.Context(), r); return err == nil })
	if all := h.job(r.ID); all.State != job.Queued {
		t.Errorf("job %+v", all)
	}
}
