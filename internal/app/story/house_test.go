package story_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app/builtin"
	"github.com/beadle-jobs/beadle/internal/app/scheduler"
	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/testmail"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// A house is everything that an installation consists of.
type house struct {
	*testing.T
	url   string
	box   *testmail.Box
	desk  *desk
	said  *notes            // of the scheduler, to whoever started it
	token map[string]string // of each person
}

// build starts a scheduler and a worker, which run until the test ends.
func build(t *testing.T, change ...func(*config.Config)) *house {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, url: "http://" + l.Addr().String(), box: testmail.New(t, ""), desk: &desk{}, said: &notes{}, token: map[string]string{}}
	c := h.settings(ledgertest.SQLite(t))
	for _, change := range change {
		change(&c)
	}
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	records, err := ledger.Open(t.Context(), c.Ledger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	provided, err := builtin.Tasks(c, records, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	all := append(append(provided.All, builtin.Notices(c, records)), h.desk.tasks()...)
	h.until(func(ctx context.Context) error {
		return scheduler.Run(ctx, scheduler.Options{Redis: rdb, Ledger: records, Listener: l, Settings: c, Log: log, Out: h.said})
	})
	h.until(func(ctx context.Context) error {
		return worker.Run(ctx, worker.Options{Redis: rdb, Queue: "worker", Settings: c.Worker, Log: log}, all...)
	})
	return h
}

func (h *house) settings(location string) config.Config {
	c := config.Default()
	c.Ledger, c.PublicURL, c.Access.People = location, h.url, true
	c.Notify.SMTP = config.SMTP{Host: h.box.Host, Port: h.box.Port, From: "Beadle <beadle@example.edu>", TLS: "none"}
	return c
}

// until runs a process until the test ends.
func (h *house) until(run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	h.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			h.Logf("a process ended with %v", err)
		}
	})
}

// on returns the house as one test sees it.
func (h *house) on(t *testing.T) *house {
	now := *h
	now.T = t
	return &now
}

// as returns a client of the API with the token of a person.
func (h *house) as(person string) *client.Client {
	h.Helper()
	if h.token[person] == "" {
		h.Fatalf("%s has no token yet", person)
	}
	return client.New(h.url, h.token[person])
}

// must ends the test because of an error.
func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) eventually(what string, ok func() bool) {
	h.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	h.Fatalf("waited in vain for %s", what)
}

// get asks for a page or a route as somebody with that cookie or token would.
func (h *house) ask(method, path string, header http.Header) (status int) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), method, h.url+path, http.NoBody)
	h.must(err)
	r.Header = header
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Do(r)
	h.must(err)
	answer.Body.Close()
	return answer.StatusCode
}

// notes keep what is written to them.
type notes struct {
	mu   sync.Mutex
	text strings.Builder
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

// find returns what a pattern finds, or "".
func (n *notes) find(pattern string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return regexp.MustCompile(pattern).FindString(n.text.String())
}
