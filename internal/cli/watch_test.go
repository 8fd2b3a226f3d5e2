package cli_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/cli"
	"github.com/beadle-jobs/beadle/internal/job"
)

func TestATerminalShowsABarForEachStep(t *testing.T) {
	p := apitest.New()
	server := httptest.NewServer(apitest.As(auth.Local, api.New(api.Config{
		Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p}, Syncs: p.Syncs(),
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})))
	defer server.Close()
	var out, screen bytes.Buffer
	env := &cli.Env{
		Out: &out, Err: &screen, Terminal: true, Poll: time.Millisecond, Now: time.Now,
		Getenv: func(name string) string { return map[string]string{"BEADLE_SERVER": server.URL}[name] },
	}
	if code := cli.Run(t.Context(), env, []string{"sis", "run", "main", "--wait"}); code != 0 {
		t.Fatalf("exit code %d: %s", code, screen.String())
	}
	for _, want := range []string{"people users  50% |", "apply users  50% |", "plan           2 created\n"} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("the terminal does not show %q in:\n%q", want, screen.String())
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("the answer holds control characters: %q", out.String())
	}
}

func TestWaitingOutlivesAServerThatIsAwayForAWhile(t *testing.T) {
	p := apitest.New()
	h := apitest.As(auth.Local, api.New(api.Config{
		Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p}, Syncs: p.Syncs(),
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}))
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := asked.Add(1); n > 2 && n < 8 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		h.ServeHTTP(w, r)
	}))
	defer server.Close()
	p.Seed(job.Job{ID: "done", State: job.Succeeded})
	for _, line := range [][]string{{"enqueue", "cache.clear", "--wait"}, {"sis", "run", "main", "--wait"}, {"logs", "-f", "done"}} {
		asked.Store(0)
		var out, said bytes.Buffer
		env := &cli.Env{
			Out: &out, Err: &said, Poll: time.Millisecond, Now: time.Now,
			Getenv: func(name string) string { return map[string]string{"BEADLE_SERVER": server.URL}[name] },
		}
		if code := cli.Run(t.Context(), env, line); code != 0 {
			t.Errorf("%v exits with %d: %s", line, code, said.String())
		}
	}
}

func TestInterruptedWaitingLeavesTheJobAlone(t *testing.T) {
	p := apitest.New()
	server := httptest.NewServer(apitest.As(auth.Local, api.New(api.Config{
		Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p},
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})))
	defer server.Close()
	ctx, stop := context.WithCancel(t.Context())
	var out, said bytes.Buffer
	env := &cli.Env{
		Out: &out, Err: stopper{&said, stop}, Poll: time.Hour, Now: time.Now,
		Getenv: func(name string) string { return map[string]string{"BEADLE_SERVER": server.URL}[name] },
	}
	code := cli.Run(ctx, env, []string{"enqueue", "cache.clear", "--wait"})
	if code != 130 || !strings.Contains(said.String(), "The job goes on without us: jobctl job ") {
		t.Errorf("exit code %d, said %q; want 130 and where the job is", code, said.String())
	}
}

// A stopper cancels at the first word.
type stopper struct {
	*bytes.Buffer
	stop func()
}

func (s stopper) Write(p []byte) (int, error) {
	s.stop()
	return s.Buffer.Write(p)
}
