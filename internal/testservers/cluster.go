package testservers

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// The nodes of a Cluster, and the slots of all of them together.
const (
	clusterMasters = 3
	clusterSlots   = 16384
)

// Cluster starts a Redis Cluster: three masters with a third of the slots each,
// and a replica of each, which takes its place when it has not answered for a
// second. The settings are those of each redis-server, beside those of [Redis].
func Cluster(t testing.TB, settings ...string) *Group {
	t.Helper()
	if _, ok := find("redis-server"); !ok {
		missing(t, "redis-server")
	}
	g := &Group{t: t, master: func(context.Context, string) (string, error) { return "", nil }}
	var bus []int
	for range 2 * clusterMasters {
		bus = append(bus, FreePort(t))
		g.add(append(settings, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus[len(bus)-1]),
			"--cluster-node-timeout", "1000", "--repl-diskless-sync-delay", "0")...)
	}
	g.URL = "redis://" + g.Nodes[0].Addr + "/?cluster=true"
	for _, n := range g.Nodes[1:] {
		g.URL += "&addr=" + n.Addr
	}
	g.master = g.owner
	g.deal()
	g.introduce(bus)
	g.pair()
	return g
}

// deal gives each master its slots.
func (g *Group) deal() {
	for i, n := range g.Nodes {
		rdb, ctx := n.Client(), g.t.Context()
		g.must(rdb.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err())
		if i < clusterMasters {
			g.must(rdb.ClusterAddSlotsRange(ctx, i*clusterSlots/clusterMasters, (i+1)*clusterSlots/clusterMasters-1).Err())
		}
	}
}

// introduce has all know each other.
func (g *Group) introduce(bus []int) {
	first := g.Nodes[0].Client()
	for i, n := range g.Nodes[1:] {
		host, port, _ := net.SplitHostPort(n.Addr)
		g.must(first.Do(g.t.Context(), "CLUSTER", "MEET", host, port, bus[i+1]).Err())
	}
	g.all(fmt.Sprintf("cluster_known_nodes:%d\r\n", len(g.Nodes)))
}

// pair gives each master its replica.
func (g *Group) pair() {
	for i, n := range g.Nodes[clusterMasters:] {
		id, err := g.Nodes[i].Client().Do(g.t.Context(), "CLUSTER", "MYID").Text()
		g.must(err)
		g.must(n.Client().ClusterReplicate(g.t.Context(), id).Err())
		replicate(g.t, g.Nodes[i], 1)
	}
	g.all("cluster_state:ok\r\n")
	await(g.t, "the nodes to know the replicas", func(ctx context.Context) bool {
		for _, n := range g.Nodes {
			slots, err := n.Client().ClusterSlots(ctx).Result()
			if err != nil || len(slots) != clusterMasters || len(slots[0].Nodes)+len(slots[1].Nodes)+len(slots[2].Nodes) != len(g.Nodes) {
				return false
			}
		}
		return true
	})
}

// all waits until every node says that of the Cluster.
func (g *Group) all(say string) {
	g.t.Helper()
	for _, n := range g.Nodes {
		rdb := n.Client()
		await(g.t, strings.TrimSpace(say)+" of "+n.Addr, func(ctx context.Context) bool {
			return strings.Contains(rdb.ClusterInfo(ctx).Val(), say)
		})
	}
}

// owner is the master of a key by the word of the first node that answers and
// sees a Cluster that serves.
func (g *Group) owner(ctx context.Context, key string) (addr string, err error) {
	for _, n := range g.Nodes {
		rdb := redis.NewClient(&redis.Options{Addr: n.Addr, MaxRetries: -1, DialTimeout: pauseTime * 10, ReadTimeout: pauseTime * 10})
		slot, _ := rdb.ClusterKeySlot(ctx, key).Result()
		slots, _ := rdb.ClusterSlots(ctx).Result()
		serves := strings.Contains(rdb.ClusterInfo(ctx).Val(), "cluster_state:ok")
		rdb.Close()
		for _, s := range slots {
			if serves && int64(s.Start) <= slot && slot <= int64(s.End) {
				return s.Nodes[0].Addr, nil
			}
		}
	}
	return "", fmt.Errorf("no node knows who has %s", key)
}

func (g *Group) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}
