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
	for _, n := range g.Nodes {
		await(g.t, "all to be known to "+n.Addr, func(ctx context.Context) bool { return known(ctx, n) == len(g.Nodes) })
	}
}

// known is how many nodes a node knows as masters of slots or their replicas.
func known(ctx context.Context, n *Node) (nodes int) {
	shards, err := n.Client().ClusterShards(ctx).Result()
	for _, s := range shards {
		if err == nil && len(s.Slots) > 0 {
			nodes += len(s.Nodes)
		}
	}
	return nodes
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

// owner is the node that serves a key.
func (g *Group) owner(ctx context.Context, key string) (addr string, err error) {
	for _, n := range g.Nodes {
		rdb := redis.NewClient(&redis.Options{Addr: n.Addr, MaxRetries: -1, DialTimeout: 10 * pauseTime, ReadTimeout: 10 * pauseTime})
		err = rdb.Exists(ctx, key).Err()
		rdb.Close()
		if err == nil {
			return n.Addr, nil
		}
	}
	return "", fmt.Errorf("nobody serves %s: %w", key, err)
}

func (g *Group) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// Replica returns the replica of a master.
func (g *Group) Replica(of *Node) *Node {
	g.t.Helper()
	id, err := of.Client().Do(g.t.Context(), "CLUSTER", "MYID").Text()
	g.must(err)
	replicas, err := of.Client().Do(g.t.Context(), "CLUSTER", "REPLICAS", id).StringSlice()
	g.must(err)
	for _, line := range replicas {
		addr, _, _ := strings.Cut(strings.Fields(line)[1], "@")
		if n := g.node(addr); n != nil {
			return n
		}
	}
	g.t.Fatalf("%s has no replica", of.Addr)
	return nil
}
