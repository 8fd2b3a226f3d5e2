package ops_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/internal/trial/process"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// A site is an installation of real processes, and the Prometheus that watches
// it. Whoever ends by itself is started again.
type site struct {
	t          *testing.T
	dir        string
	redis      string // address, as are the following
	schedulers []string
	workers    []string
	prometheus string
	first      *process.Process // of the schedulers: it leads
	killable   *process.Process // a worker of the drill
	*university
}

// open builds the programs, starts two schedulers, the worker that comes with
// Beadle and two of the drill, and waits until they work.
func open(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), redis: testservers.Redis(t)}
	s.boundRedis()
	s.build()
	s.found()
	s.first = s.scheduler(1)
	s.eventually("leader", func() bool { return s.leads() })
	s.scheduler(2)
	for i, program := range []string{"worker", "drill", "drill"} {
		s.workers = append(s.workers, s.address())
		s.killable = s.start(fmt.Sprint(program, "-", i+1), program, "BEADLE_WORKER_METRICS="+s.workers[i], "BEADLE_WORKER_CONCURRENCY=4")
	}
	s.eventually("the tasks of both kinds of workers", func() bool {
		known, err := s.api().Tasks(t.Context())
		return err == nil && has(known, "drill.narrow") && has(known, "sis.terms.pull")
	})
	return s
}

func (s *site) scheduler(number int) *process.Process {
	s.t.Helper()
	addr := s.address()
	s.schedulers = append(s.schedulers, addr)
	return s.start(fmt.Sprint("scheduler-", number), "scheduler", "BEADLE_LISTEN="+addr)
}

// leads reports whether the first scheduler leads.
func (s *site) leads() bool {
	system, err := s.api().System(s.t.Context())
	return err == nil && len(system.Schedulers) == 1 && system.Schedulers[0].Leads
}

func has(all []client.Task, name string) bool {
	for _, task := range all {
		if task.Name == name {
			return true
		}
	}
	return false
}

// boundRedis has Redis know how much memory it may use.
func (s *site) boundRedis() {
	s.t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: s.redis})
	defer rdb.Close()
	if err := rdb.ConfigSet(s.t.Context(), "maxmemory", "1gb").Err(); err != nil {
		s.t.Fatal(err)
	}
}

// build builds the programs as people get them.
func (s *site) build() {
	s.t.Helper()
	cmd := exec.Command("go", "build", "-trimpath", "-o", s.dir+"/bin/", "./cmd/scheduler", "./cmd/worker", "./ops/drill")
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
}

// address returns one that nobody listens on.
func (s *site) address() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(testservers.FreePort(s.t)))
}

// start keeps a program running until the test ends.
func (s *site) start(name, program string, environ ...string) *process.Process {
	s.t.Helper()
	p := &process.Process{
		Name: name, Dir: s.dir, Mark: func(journal.Sunk) {}, Say: func(string, ...any) {},
		Command: func(string) *exec.Cmd {
			cmd := exec.Command(filepath.Join(s.dir, "bin", program), "--config", s.settings())
			cmd.Dir, cmd.Env = s.dir, append(os.Environ(), environ...)
			return cmd
		},
	}
	s.run(p)
	return p
}

// run runs a process until the test ends, and shows its log if it has failed.
func (s *site) run(p *process.Process) {
	s.t.Helper()
	if err := p.Begin(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		p.Kill()
		if log, err := os.ReadFile(filepath.Join(s.dir, p.Name+".log")); err == nil && s.t.Failed() {
			s.t.Logf("the last of %s:\n%s", p.Name, log[max(0, len(log)-2000):])
		}
	})
}

func (s *site) settings() string { return filepath.Join(s.dir, "beadle.yaml") }

// api speaks to the first scheduler.
func (s *site) api() *client.Client { return client.New("http://"+s.schedulers[0], "") }

// eventually waits for what takes a minute or two at most.
func (s *site) eventually(what string, is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("no %s after 3 min", what)
		}
	}
}
