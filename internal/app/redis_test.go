package app_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/cluster"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestMain(m *testing.M) { testservers.Main(m) }

func TestConnectsToARedisClusterThatIsCalledOne(t *testing.T) {
	g := testservers.Cluster(t)
	for _, n := range g.Nodes {
		rdb, err := app.Connect(t.Context(), at("redis://"+n.Addr), slog.New(slog.DiscardHandler))
		if err == nil {
			rdb.Close()
		}
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "cluster=true") {
			t.Errorf("the error is %v, want the refusal of a node of a Redis Cluster, and how to write it", err)
		}
	}
	rdb, err := app.Connect(t.Context(), at(g.URL), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer rdb.Close()
	if err := rdb.Set(t.Context(), lock.Home+"x", "1", 0).Err(); err != nil {
		t.Error(err)
	}
}

func TestAsksSentinelsWhereTheRedisIs(t *testing.T) {
	server, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed")
	}
	_, port, _ := net.SplitHostPort(testservers.Redis(t))
	_, own, _ := net.SplitHostPort(freeAddress(t))
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 %s 1\n", own, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(server, conf, "--sentinel")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })

	rdb, err := app.Connect(t.Context(), at("redis://127.0.0.1:"+own+"/0?master_name=main"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer rdb.Close()
	info, err := rdb.Info(t.Context(), "server").Result()
	if err != nil || !strings.Contains(info, "tcp_port:"+port+"\r\n") {
		t.Errorf("connected to another server than that of port %s: %v\n%s", port, err, info)
	}
}

func TestARedisThatDoesNotSayWhetherItIsAClusterIsNone(t *testing.T) {
	rdb, err := app.Connect(t.Context(), at("redis://"+miniredis.RunT(t).Addr()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	rdb.Close()
}

func TestWhatTheRedisClientSaysIsForDebugging(t *testing.T) {
	addr := freeAddress(t)
	for level, want := range map[slog.Level]bool{slog.LevelInfo: false, slog.LevelDebug: true} {
		var out bytes.Buffer
		app.ListenToRedis(app.Logger(&out, level))
		rdb, err := app.Dial(at("redis://" + addr))
		if err != nil {
			t.Fatal(err)
		}
		if err := rdb.Ping(t.Context()).Err(); err == nil {
			t.Error("somebody answers where nobody listens")
		}
		rdb.Close()
		if got := strings.Contains(out.String(), `"msg":"redis client"`); got != want {
			t.Errorf("at %s the log is %q", level, out.String())
		}
	}
	app.ListenToRedis(app.Logger(io.Discard, slog.LevelError))
}

// at is the settings with Redis at an address.
func at(url string) config.Config {
	c := config.Default()
	c.Redis = url
	return c
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestTakesTheAddressesOfARedisInTheirUsualForm(t *testing.T) {
	for url, want := range map[string]string{
		"redis://127.0.0.1:6379/0":               "127.0.0.1:6379",
		"redis://user:secret@redis.example:6380": "redis.example:6380",
		"redis.example:6379":                     "",
		"redis://sentinel/x?master_name=main":    "",
		"http://redis.example":                   "",
		"redis://a:1/?addr=b:2&cluster=true":     cluster.Addr,
		"redis://a:1/3?addr=b:2&cluster=true":    "",
		"redis://a:1/?adr=b:2&cluster=true":      "",
	} {
		rdb, err := app.Dial(at(url))
		switch {
		case want == "" && fault.KindOf(err) != fault.Invalid:
			t.Errorf("%s: error %v, want an invalid one", url, err)
		case want != "" && (err != nil || rdb.Options().Addr != want):
			t.Errorf("%s: %v", url, err)
		}
		if rdb != nil {
			rdb.Close()
		}
	}
}
