package builtin

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/campus/anthologysim"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestMain(m *testing.M) { testservers.Main(m) }

func TestBadInput(t *testing.T) {
	t.Run("row 8: the same message for two workers at the same time is one effect, and a duplicate", theSameMessageForTwoWorkers)
}

func theSameMessageForTwoWorkers(t *testing.T) {
	l, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := forgetful(t)
	addr := testservers.Redis(t)
	for range 2 {
		provided, err := Tasks(c, l, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		work(t, addr, provided)
	}

	e := engine.New(client(t, addr), slog.New(slog.DiscardHandler))
	for range 2 {
		until(t, "a run to be taken", func() bool {
			_, err := e.Enqueue(t.Context(), job.Request{Task: roster.TermsPull, Client: "default", Args: json.RawMessage(`{"sync":"main"}`)})
			return err == nil
		})
	}

	plans := func() []sync.Plan {
		all, err := l.SISPlans(t.Context(), sync.PlanFilter{Syncs: []string{"main"}})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	until(t, "both runs to end", func() bool {
		all := plans()
		return len(all) == 2 && !slices.ContainsFunc(all, func(p sync.Plan) bool { return p.State != sync.PlanDone && p.State != sync.PlanAborted })
	})
	applied := 0
	for _, p := range plans() {
		effects, err := l.SISEffects(t.Context(), p.ID, sync.EffectFilter{Op: sync.Enrol, State: sync.EffectApplied})
		if err != nil {
			t.Fatal(err)
		}
		applied += len(effects)
	}
	messages, err := l.SISMessages(t.Context(), sync.MessageFilter{Sync: "main", Stream: sis.Registrations})
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, m := range messages {
		states = append(states, string(m.State))
	}
	slices.Sort(states)
	if diff := cmp.Diff([]string{"applied", "duplicate"}, states); diff != "" || applied != 1 {
		t.Errorf("%d effects, messages (-want +got):\n%s", applied, diff)
	}
}

// forgetful returns the settings of a sync whose SIS has one registration to
// tell of, and sends it again and again: it forgets what was acknowledged.
func forgetful(t *testing.T) config.Config {
	sim := anthologysim.New(anthologysim.Options{Token: "secret"})
	sim.Put(sis.Record{Term: &sis.Term{Key: "fall", Title: "Fall", Start: sis.Date{Year: 2026, Month: 9, Day: 1}, End: sis.Date{Year: 2026, Month: 12, Day: 20}}})
	sim.Put(sis.Record{Person: &sis.Person{Key: "p1", Username: "ann", Email: "ann@school.example", Given: "Ann", Family: "Lee", Roles: []sis.Role{sis.Student}, Enabled: true}})
	sim.Put(sis.Record{Section: &sis.Section{Key: "s1", Title: "Biology", Code: "BIO", Course: "Biology", Terms: []string{"fall"}, Extract: sis.ExtractReady}})
	sim.Put(sis.Record{Registration: &sis.Registration{Key: "r1", Section: "s1", Person: "p1", Role: sis.Student}})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/Acknowledge") {
			sim.ServeHTTP(w, r)
			return
		}
		var said map[string]any
		if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
			t.Error(err)
		}
		for _, m := range said["Messages"].([]any) {
			m.(map[string]any)["Status"] = "OK"
		}
		said["Status"] = "OK"
		_ = json.NewEncoder(w).Encode(said) // the client may have gone
	}))
	t.Cleanup(server.Close)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Sources = map[string]config.Source{"sis": {Driver: "anthology", URL: server.URL, TokenFile: token}}
	c.Targets = map[string]config.Target{"files": {Driver: "flat-file", Path: t.TempDir()}}
	c.Syncs = map[string]config.Sync{"main": {Source: "sis", Target: "files", CreateCourses: true, Schedule: "never"}}
	return c
}

func client(t *testing.T, addr string) *redis.Client {
	rdb := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	return rdb
}

// work runs a worker until the test ends.
func work(t *testing.T, addr string, provided worker.Tasks) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	rdb := client(t, addr)
	go func() {
		done <- worker.Run(ctx, worker.Options{Redis: rdb, Queue: "worker", Settings: config.Default().Worker, Log: slog.New(slog.DiscardHandler)}, provided.All...)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := provided.Close(); err != nil {
			t.Error(err)
		}
	})
}

func until(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !true(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
