package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/scheduler"
	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

const password = "correct-horse"

// locked starts a redis-server with the settings and the users that deploy/redis
// has, which speaks TLS alone and asks for certificates. It returns the settings
// of a process that may use it, and a client that may do everything.
func locked(t *testing.T, a *authority) (config.Config, *redis.Client) {
	t.Helper()
	server, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed")
	}
	port := testservers.FreePort(t)
	cert, key := a.issue(t, "redis")
	cmd := exec.Command(server, filepath.FromSlash("../../deploy/redis/redis.conf"), "--bind", "127.0.0.1", "--port", "0", "--tls-port", strconv.Itoa(port),
		"--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", filepath.Join(a.dir, "ca.crt"), "--tls-auth-clients", "yes",
		"--aclfile", users(t), "--dir", t.TempDir())
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	c := settingsFor(t, a, port)
	admin := c
	admin.RedisFile, admin.Redis = "", fmt.Sprintf("rediss://admin:%s@127.0.0.1:%d/0", password, port)
	rdb, err := app.Dial(admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rdb.Close() })
	within(t, "redis answers", func() bool { return rdb.Ping(t.Context()).Err() == nil })
	return c, rdb
}

// users writes the file of users that an installation has, and one more who may
// do everything.
func users(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash("../../deploy/redis/users.acl"))
	if err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(password)))
	all := strings.ReplaceAll(string(text), "PASSWORD_SHA256", sum) + "user admin on #" + sum + " ~* &* +@all\n"
	file := filepath.Join(t.TempDir(), "users.acl")
	if err := os.WriteFile(file, []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// settingsFor are those of a process that shows a certificate and has the
// address in a file.
func settingsFor(t *testing.T, a *authority, port int) config.Config {
	t.Helper()
	cert, key := a.issue(t, "beadle")
	file := filepath.Join(t.TempDir(), "redis.url")
	if err := os.WriteFile(file, fmt.Appendf(nil, "rediss://beadle:%s@127.0.0.1:%d/0\n", password, port), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.RedisFile, c.RedisTLS = file, config.RedisTLS{CAFile: filepath.Join(a.dir, "ca.crt"), CertFile: cert, KeyFile: key}
	return c
}

func within(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !true(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func TestAnInstallationWorksWithARedisThatGrantsItNoMoreThanItNeeds(t *testing.T) {
	a := newAuthority(t)
	c, admin := locked(t, a)
	api := install(t, c)
	t.Run("a job runs", func(t *testing.T) {
		j := enqueue(t, api, client.NewJob{Task: "quick"})
		within(t, "it succeeds", func() bool { return state(t, api, j) == "succeeded" })
	})
	t.Run("a job that waits for a lock, and one with a key, run", func(t *testing.T) {
		one, two := enqueue(t, api, client.NewJob{Task: "alone"}), enqueue(t, api, client.NewJob{Task: "alone", Key: "k"})
		within(t, "both succeed", func() bool { return state(t, api, one) == "succeeded" && state(t, api, two) == "succeeded" })
	})
	t.Run("a schedule makes a job", func(t *testing.T) {
		often := map[string]json.RawMessage{"cron": json.RawMessage(`"* * * * * ?"`), "dialect": json.RawMessage(`"quartz"`)}
		if _, err := api.CreateSchedule(t.Context(), client.NewSchedule{Name: "quick:often", Task: "quick", Reason: "a test", Rule: often}); err != nil {
			t.Fatal(err)
		}
		within(t, "a slot has run", func() bool {
			slots, err := api.Slots(t.Context(), "quick:often", time.Time{}, time.Time{}, 10)
			return err == nil && len(slots) > 0 && slots[0].JobID != ""
		})
	})
	t.Run("a running job is aborted", func(t *testing.T) {
		j := enqueue(t, api, client.NewJob{Task: "endless"})
		within(t, "it runs", func() bool { return state(t, api, j) == "running" })
		if _, err := api.Abort(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		within(t, "it is aborted", func() bool { return state(t, api, j) == "aborted" })
	})
	t.Run("a paused queue, a limit and what operators look at", func(t *testing.T) { operate(t, api) })
	if refused, err := admin.Do(t.Context(), "ACL", "LOG").Slice(); err != nil || len(refused) > 0 {
		t.Errorf("redis refused what was asked: %v %v", refused, err)
	}
	t.Run("nothing else is granted", func(t *testing.T) { refusesTheRest(t, c, admin) })
}

// install starts a scheduler and a worker, and returns a client of the API.
func install(t *testing.T, c config.Config) *client.Client {
	t.Helper()
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	l, err := app.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	log := app.Logger(t.Output(), c.Level())
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	for _, run := range []func(*redis.Client) error{
		func(rdb *redis.Client) error {
			return scheduler.Run(ctx, scheduler.Options{Redis: rdb, Ledger: records, Listener: l, Settings: c, Log: log, Out: io.Discard})
		},
		func(rdb *redis.Client) error {
			return worker.Run(ctx, worker.Options{Redis: rdb, Queue: "worker", Settings: c.Worker, Log: log}, errands()...)
		},
	} {
		rdb, err := app.Connect(ctx, c, log)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { rdb.Close() })
		go func() { ended <- run(rdb) }()
	}
	t.Cleanup(func() {
		stop()
		<-ended
		<-ended
		records.Close()
	})
	return client.New(app.URL(l, c), "")
}

// errands are tasks of all that the engine does.
func errands() []tasks.Task {
	type job = tasks.Job[struct{}]
	return []tasks.Task{
		tasks.Spec[struct{}]{
			Name: "quick", Run: func(_ context.Context, j *job) error { j.Log.Info("done"); return nil },
		},
		tasks.Spec[struct{}]{Name: "alone", Writes: func(struct{}) []string { return []string{"gradebook"} }, Run: func(context.Context, *job) error {
			time.Sleep(50 * time.Millisecond)
			return nil
		}},
		tasks.Spec[struct{}]{Name: "endless", Run: func(ctx context.Context, _ *job) error {
			<-ctx.Done()
			return ctx.Err()
		}},
	}
}

func enqueue(t *testing.T, api *client.Client, n client.NewJob) (id string) {
	t.Helper()
	within(t, "the job is accepted", func() bool {
		j, _, err := api.Enqueue(t.Context(), n)
		id = j.ID
		return err == nil
	})
	return id
}

func state(t *testing.T, api *client.Client, id string) string {
	t.Helper()
	j, err := api.Job(t.Context(), id)
	if err != nil {
		t.Logf("%s: %v", id, err)
	}
	return string(j.Job.State)
}

// operate does what people do to a platform.
func operate(t *testing.T, api *client.Client) {
	t.Helper()
	ctx := t.Context()
	_, err := api.PauseQueue(ctx, "worker", client.NewQueuePause{Note: "a look"})
	fine(t, "pause", err)
	_, err = api.ResumeQueue(ctx, "worker")
	fine(t, "resume", err)
	_, err = api.Queues(ctx)
	fine(t, "queues", err)
	_, err = api.Scale(ctx, "", 0)
	fine(t, "scale", err)
	_, err = api.Locks(ctx)
	fine(t, "locks", err)
	_, err = api.System(ctx)
	fine(t, "system", err)
	workers, err := api.Workers(ctx)
	fine(t, "workers", err)
	_, err = api.DrainWorker(ctx, workers[0].ID)
	fine(t, "drain", err)
}

func fine(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// refusesTheRest tries what Beadle never asks for, and what it asks for of keys
// that are not its own.
func refusesTheRest(t *testing.T, c config.Config, admin *redis.Client) {
	t.Helper()
	ours, err := app.Dial(c)
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	for _, command := range [][]any{
		{"FLUSHALL"},
		{"FLUSHDB"},
		{"KEYS", "*"},
		{"CONFIG", "GET", "*"},
		{"CONFIG", "SET", "appendonly", "no"},
		{"ACL", "LIST"},
		{"SHUTDOWN"},
		{"SAVE"},
		{"REPLICAOF", "NO", "ONE"},
		{"SCRIPT", "FLUSH"},
		{"MONITOR"},
		{"CLIENT", "LIST"},
		{"RENAME", "beadle:a", "beadle:b"},
		{"GET", "somebody:else"},
		{"SET", "somebody:else", "1"},
		{"PUBLISH", "somebody:else", "1"},
		{"EVAL", "return redis.call('GET', 'somebody:else')", "0"},
	} {
		if err := ours.Do(t.Context(), command...).Err(); err == nil || !refusal.MatchString(err.Error()) {
			t.Errorf("%v: %v, want a refusal", command, err)
		}
	}
	if err := admin.Set(t.Context(), "somebody:else", "1", 0).Err(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*config.Config){
		"without a certificate":      func(c *config.Config) { c.RedisTLS.CertFile, c.RedisTLS.KeyFile = "", "" },
		"that believes others":       func(c *config.Config) { c.RedisTLS.CAFile = filepath.Join(newAuthority(t).dir, "ca.crt") },
		"without a name":             func(c *config.Config) { *c = withUser(t, *c, "") },
		"with the password of none":  func(c *config.Config) { *c = withUser(t, *c, "beadle:wrong@") },
		"that is the health check's": func(c *config.Config) { *c = withUser(t, *c, "probe:x@") },
	} {
		other := c
		change(&other)
		rdb, err := app.Dial(other)
		if err != nil {
			t.Fatal(err)
		}
		if err := rdb.Get(t.Context(), "beadle:a").Err(); err == nil || errors.Is(err, redis.Nil) {
			t.Errorf("a client %s is let in", name)
		}
		rdb.Close()
	}
}

// refusal is how Redis says that somebody may not do something.
var refusal = regexp.MustCompile("NOPERM|can't (access|run)")

// withUser returns the settings of the same server with another login.
func withUser(t *testing.T, c config.Config, login string) config.Config {
	t.Helper()
	address, err := c.RedisURL()
	if err != nil {
		t.Fatal(err)
	}
	_, server, _ := strings.Cut(address, "@")
	if _, _, err := net.SplitHostPort(strings.TrimSuffix(server, "/0")); err != nil {
		t.Fatal(err)
	}
	c.RedisFile, c.Redis = "", "rediss://"+login+server
	return c
}
