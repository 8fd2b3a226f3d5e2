package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// clients are the organisations that jobs belong to.
var clients = []string{"north", "south", "east"}

// An api asks the schedulers, in turn: when one does not answer, the next
// question goes to another.
type api struct {
	servers []string
	token   string // empty: the servers ask for none
	next    atomic.Int64
	http    *http.Client

	mu      sync.Mutex
	rebuffs map[rebuff]int
}

func newAPI(addrs []string) *api {
	a := &api{http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}, rebuffs: map[rebuff]int{}}
	for _, addr := range addrs {
		a.servers = append(a.servers, "http://"+addr)
	}
	return a
}

// A refusal is an answer that is neither yes nor "try again".
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d: %s", r.status, r.text) }

var errAgain = errors.New("try again")

// ask asks one server and returns its answer.
func (a *api) ask(ctx context.Context, method, path, kind string, body []byte) ([]byte, error) {
	server := a.servers[int(a.next.Add(1))%len(a.servers)]
	req, err := http.NewRequestWithContext(ctx, method, server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	// Whatever is asked here may be asked twice. An empty list says so to the
	// HTTP client and is not sent: where a server closed an idle connection just
	// as the question was sent, it takes another connection by itself.
	req.Header["Idempotency-Key"] = []string{}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		a.note(rebuffOf(err))
		return nil, fmt.Errorf("%w: %w", errAgain, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		a.note(rebuffOf(err))
		return nil, fmt.Errorf("%w: %w", errAgain, err)
	case resp.StatusCode >= http.StatusInternalServerError || resp.StatusCode == http.StatusTooManyRequests:
		a.note(rebuffAt(resp.StatusCode))
		return nil, fmt.Errorf("%w: %d %s", errAgain, resp.StatusCode, answer)
	case resp.StatusCode >= http.StatusBadRequest:
		return nil, &refusal{resp.StatusCode, string(answer)}
	}
	return answer, nil
}

// insist asks until there is an answer: one server after another, then after
// a pause again.
func (a *api) insist(ctx context.Context, method, path, kind string, body []byte) (answer []byte, err error) {
	for n := 1; ; n++ {
		answer, err = a.ask(ctx, method, path, kind, body)
		if !errors.Is(err, errAgain) {
			return answer, err
		}
		if n%len(a.servers) != 0 {
			continue
		}
		if !sleep(ctx, 200*time.Millisecond) {
			return nil, err
		}
	}
}

const plainJSON = "application/json"

// read reads what is at path into v.
func (a *api) read(ctx context.Context, path string, v any) error {
	answer, err := a.insist(ctx, http.MethodGet, path, plainJSON, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, v)
}

// ready waits until the tasks are announced, and makes the clients.
func (a *api) ready(ctx context.Context, tasks, clients []string) error {
	err := until(ctx, "the workers' tasks", func() bool {
		var list struct {
			Tasks []struct{ Name string }
		}
		if err := a.read(ctx, "/api/v1/tasks", &list); err != nil {
			return false
		}
		known := map[string]bool{}
		for _, t := range list.Tasks {
			known[t.Name] = true
		}
		return !slices.ContainsFunc(tasks, func(name string) bool { return !known[name] })
	})
	for _, name := range clients {
		if err == nil {
			_, err = a.insist(ctx, http.MethodPost, "/api/v1/clients", plainJSON, fmt.Appendf(nil, `{"name":%q}`, name))
		}
	}
	return err
}

// A page is a list of jobs.
type page struct {
	Jobs []struct {
		ID string `json:"id"`
	} `json:"jobs"`
	Next   string         `json:"next"`
	Counts map[string]int `json:"counts"`
	Notice string         `json:"notice"`
}

var open = []string{"scheduled", "waiting", "queued", "running", "retrying", "held"}

// drained waits until no job is open any more.
func (a *api) drained(ctx context.Context) bool {
	quiet := 0
	for said := time.Now(); quiet < 2; {
		var p page
		if err := a.read(ctx, "/api/v1/jobs?limit=1", &p); err != nil {
			return false
		}
		left := map[string]int{}
		for _, state := range open {
			if p.Counts[state] > 0 {
				left[state] = p.Counts[state]
			}
		}
		quiet++
		if len(left) > 0 || p.Notice != "" {
			quiet = 0
		}
		if time.Since(said) > 5*time.Second {
			fmt.Println("left:", counts(left), p.Notice)
			said = time.Now()
		}
		if !sleep(ctx, time.Second) {
			return false
		}
	}
	return true
}

// dump writes down what the API says of every job: those it lists, and those
// that somebody was told of.
func (a *api) dump(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	ids, err := a.ids(ctx, dir)
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, journal.Ledger))
	if err != nil {
		return err
	}
	defer f.Close()
	w := &lines{Writer: bufio.NewWriter(f)}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, id := range ids {
		g.Go(func() error { return a.detail(ctx, w, id) })
	}
	return errors.Join(g.Wait(), w.Flush())
}

// lines are written by several goroutines.
type lines struct {
	sync.Mutex
	*bufio.Writer
}

func (l *lines) add(line []byte) error {
	l.Lock()
	defer l.Unlock()
	_, err := l.Write(append(bytes.TrimSpace(line), '\n'))
	return err
}

// detail writes down one job; one that is unknown has no line.
func (a *api) detail(ctx context.Context, w *lines, id string) error {
	answer, err := a.insist(ctx, http.MethodGet, "/api/v1/jobs/"+url.PathEscape(id), plainJSON, nil)
	if r, ok := errors.AsType[*refusal](err); ok && r.status == http.StatusNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return w.add(answer)
}

func (a *api) ids(ctx context.Context, dir string) ([]string, error) {
	all := map[string]bool{}
	if err := told(dir, all); err != nil {
		return nil, err
	}
	for before := ""; ; {
		var p page
		if err := a.read(ctx, "/api/v1/jobs?limit=500&before="+before, &p); err != nil {
			return nil, err
		}
		for _, j := range p.Jobs {
			all[j.ID] = true
		}
		if before = p.Next; before == "" {
			return slices.Sorted(maps.Keys(all)), nil
		}
	}
}

// told adds the ids that somebody was told of.
func told(dir string, all map[string]bool) error {
	asked, err := journal.Read[journal.Asked](filepath.Join(dir, journal.Accepted))
	if err != nil {
		return err
	}
	handled, err := journal.Read[journal.Handled](filepath.Join(dir, journal.Handlers))
	if err != nil {
		return err
	}
	for _, a := range asked {
		all[a.ID] = true
	}
	for _, h := range handled {
		all[h.Job] = true
		if h.Child != "" {
			all[h.Child] = true
		}
	}
	return nil
}
