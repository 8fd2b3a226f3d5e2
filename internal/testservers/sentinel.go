package testservers

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// MasterName is what the Sentinels call the master.
const MasterName = "main"

// Sentinels starts a master with two replicas, and three Sentinels that make a
// replica the master when the master has not answered for a second. The
// settings are those of each redis-server, beside those of [Redis].
func Sentinels(t testing.TB, settings ...string) *Group {
	t.Helper()
	if _, ok := find("redis-server"); !ok {
		missing(t, "redis-server")
	}
	g := &Group{t: t}
	settings = append(settings, "--repl-diskless-sync-delay", "0")
	master := g.add(settings...)
	host, port, _ := net.SplitHostPort(master.Addr)
	for range 2 {
		g.add(append(settings, "--replicaof", host, port)...)
	}
	replicate(t, master, 2)
	for range 3 {
		g.Sentinels = append(g.Sentinels, sentinel(t, host, port))
	}
	addrs := g.Sentinels
	g.URL = fmt.Sprintf("redis://%s/0?addr=%s&addr=%s&master_name=%s", addrs[0], addrs[1], addrs[2], MasterName)
	g.master = func(ctx context.Context, _ string) (string, error) { return sentinelsSay(ctx, addrs) }
	for _, addr := range addrs {
		await(t, "the Sentinels to know each other", func(ctx context.Context) bool { return sees(ctx, addr, 2, 2) })
	}
	return g
}

// replicate waits until that many replicas have all that the master has.
func replicate(t testing.TB, master *Node, replicas int) {
	t.Helper()
	rdb := master.Client()
	await(t, "the replicas of "+master.Addr, func(ctx context.Context) bool {
		return strings.Count(rdb.Info(ctx, "replication").Val(), "state=online") == replicas
	})
}

// sentinel starts one and returns its address.
func sentinel(t testing.TB, host, port string) (addr string) {
	t.Helper()
	dir, own := t.TempDir(), FreePort(t)
	conf := filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf(`port %[1]d
bind 127.0.0.1
dir %[2]s
sentinel monitor %[3]s %[4]s %[5]s 2
sentinel down-after-milliseconds %[3]s 1000
sentinel failover-timeout %[3]s 6000
sentinel parallel-syncs %[3]s 2
`, own, dir, MasterName, host, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	path, _ := find("redis-server")
	n := &Node{t: t, Addr: loopback(own), command: func() *exec.Cmd { return exec.Command(path, conf, "--sentinel") }}
	t.Cleanup(n.Kill)
	n.Start()
	return n.Addr
}

// sees reports whether a Sentinel knows of that many replicas and other
// Sentinels.
func sees(ctx context.Context, addr string, replicas, sentinels int) bool {
	s := sentinelClient(addr)
	defer s.Close()
	known, err := s.Master(ctx, MasterName).Result()
	return err == nil && known["num-slaves"] == fmt.Sprint(replicas) && known["num-other-sentinels"] == fmt.Sprint(sentinels)
}

// sentinelsSay returns the master if all Sentinels name the same.
func sentinelsSay(ctx context.Context, addrs []string) (master string, err error) {
	for _, addr := range addrs {
		s := sentinelClient(addr)
		at, err := s.GetMasterAddrByName(ctx, MasterName).Result()
		s.Close()
		if err != nil {
			return "", err
		}
		said := net.JoinHostPort(at[0], at[1])
		if master != "" && said != master {
			return "", fmt.Errorf("one says %s, another %s", master, said)
		}
		master = said
	}
	return master, nil
}

func sentinelClient(addr string) *redis.SentinelClient {
	return redis.NewSentinelClient(&redis.Options{Addr: addr, MaxRetries: -1, DialTimeout: time.Second, ReadTimeout: time.Second})
}
