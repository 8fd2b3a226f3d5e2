package testservers

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// redisServer is the one redis-server of this test binary.
var redisServer = sync.OnceValues(startRedis)

// Redis returns the address of a real redis-server, emptied for this test. It
// persists like a production one: AOF each second, no eviction. Tests that
// share it must not run in parallel.
func Redis(t testing.TB) string {
	t.Helper()
	if _, ok := find("redis-server"); !ok {
		missing(t, "redis-server")
	}
	addr, err := redisServer()
	if err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	defer rdb.Close()
	if err := rdb.FlushAll(t.Context()).Err(); err != nil {
		t.Fatalf("empty redis: %v", err)
	}
	return addr
}

func startRedis() (addr string, err error) {
	dir, err := os.MkdirTemp("", "beadle-redis-")
	if err != nil {
		return "", err
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	err = start(RedisCommand(dir, port), addr, syscall.SIGTERM)
	onExit(func() { os.RemoveAll(dir) })
	return addr, err
}

// RedisCommand returns the command that serves Redis on that loopback port with
// its data in dir, for tests that kill and restart a server of their own.
func RedisCommand(dir string, port int) *exec.Cmd {
	path, _ := find("redis-server")
	return exec.Command(path, "--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir,
		"--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction")
}
