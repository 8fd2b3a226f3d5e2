package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/chaos/proxy"
	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/internal/trial/process"
)

// schedulers is how many there are: one leads, the other is ready to.
const schedulers = 2

// A site is the installation.
type site struct {
	settings
	dir      string
	api      *api
	rdb      *redis.Client
	sink     *process.Process
	redis    *process.Process
	postgres *process.Process // nil: the ledger is a file
	ground   ground           // where processes stand, if not all of them here

	ledger, redisAddr, sinkAddr string
	tokenFile                   string             // of the API, where it is not on loopback
	program                     string             // of the workers
	patience                    time.Duration      // of workers with running jobs, when they are told to stop
	processes                   []*process.Process // workers and schedulers
	proxies                     map[*process.Process]*proxy.Proxy
	faults                      sync.WaitGroup
}

func newSite(dir string, s settings) (*site, error) {
	ports, err := freePorts(2 + schedulers)
	if err != nil {
		return nil, err
	}
	t := &site{settings: s, dir: dir, ledger: filepath.Join(dir, "ledger.db"), program: "chaosworker", patience: 2 * time.Second}
	t.furnish(ports[0], ports[1], ports[2:])
	t.proxies = map[*process.Process]*proxy.Proxy{}
	for i, addr := range ports[2:] {
		if err := t.add("scheduler-"+strconv.Itoa(i+1), t.scheduler(addr)); err != nil {
			return nil, err
		}
	}
	for i := range s.workers {
		if err := t.add("worker-"+strconv.Itoa(i+1), t.worker); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// furnish gives the site what every installation has.
func (t *site) furnish(redisAddr, sinkAddr string, servers []string) {
	t.redisAddr, t.sinkAddr = redisAddr, sinkAddr
	t.rdb = redis.NewClient(&redis.Options{Addr: redisAddr, MaxRetries: -1})
	t.sink = t.process("sink", func(string) *exec.Cmd {
		return exec.Command(t.bin("sink"), "-listen", sinkAddr, "-log", filepath.Join(t.dir, journal.Sink))
	})
	t.sink.Mark = func(journal.Sunk) {}
	t.redis = t.process("redis", t.redisCommand)
	t.api = newAPI(servers)
}

// freePorts returns loopback addresses that nobody listens on now.
func freePorts(n int) (addrs []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		addrs = append(addrs, l.Addr().String())
	}
	return addrs, nil
}

func (t *site) bin(name string) string { return filepath.Join(t.dir, "bin", name) }

func (t *site) process(name string, command func(string) *exec.Cmd) *process.Process {
	on := func(incarnation string) *exec.Cmd { return t.ground.on(name, command(incarnation)) }
	return &process.Process{Name: name, Dir: t.dir, Command: on, Mark: t.mark, Say: say}
}

// add adds a process behind a proxy to Redis.
func (t *site) add(name string, command func(incarnation, redis string) *exec.Cmd) error {
	way, err := proxy.Listen(t.redisAddr)
	if err != nil {
		return err
	}
	url := "redis://" + way.Addr() + "/0"
	p := t.process(name, func(incarnation string) *exec.Cmd { return command(incarnation, url) })
	t.processes = append(t.processes, p)
	t.proxies[p] = way
	return nil
}

func (t *site) redisCommand(string) *exec.Cmd {
	host, port, _ := net.SplitHostPort(t.redisAddr)
	return exec.Command("redis-server", "--bind", host, "--port", port, "--dir", t.dir, "--protected-mode", "no",
		"--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction")
}

func (t *site) scheduler(addr string) func(incarnation, redis string) *exec.Cmd {
	return func(_, redis string) *exec.Cmd {
		cmd := exec.Command(t.bin("scheduler"))
		cmd.Dir = t.dir
		cmd.Env = append(os.Environ(), "BEADLE_REDIS="+redis, "BEADLE_LEDGER="+t.ledger, "BEADLE_LISTEN="+addr, "BEADLE_TOKEN_FILE="+t.tokenFile)
		return cmd
	}
}

func (t *site) worker(incarnation, redis string) *exec.Cmd {
	cmd := exec.Command(t.bin(t.program))
	cmd.Dir = t.dir
	cmd.Env = append(os.Environ(), "BEADLE_REDIS="+redis, "BEADLE_WORKER_CONCURRENCY=24", "BEADLE_WORKER_DRAIN="+t.patience.String(),
		"CHAOS_NAME="+incarnation, "CHAOS_SINK=http://"+t.sinkAddr, "CHAOS_HANDLERS="+filepath.Join(t.dir, journal.Handlers),
		clockVariable+"="+strconv.Itoa(t.clock(incarnation)))
	return cmd
}

// clock is how many seconds a worker's clock is wrong by: up to five minutes,
// either way.
func (t *site) clock(incarnation string) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(incarnation)) // a hash takes everything
	return rand.New(rand.NewPCG(t.seed, h.Sum64())).IntN(601) - 300
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// mark tells the sink what is done to a process.
func (t *site) mark(s journal.Sunk) {
	body, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	resp, err := http.Post("http://"+t.sinkAddr, "application/json", bytes.NewReader(body))
	if err != nil {
		fmt.Println("a mark is missing:", err)
		return
	}
	resp.Body.Close()
}

// start starts everything and waits until it can work.
func (t *site) start(ctx context.Context) error {
	if err := t.sink.Begin(); err != nil {
		return err
	}
	if err := until(ctx, "the sink", func() bool { return listens(t.sinkAddr) }); err != nil {
		return err
	}
	if err := t.redis.Begin(); err != nil {
		return err
	}
	if err := until(ctx, "Redis", func() bool { return t.rdb.Ping(ctx).Err() == nil }); err != nil {
		return err
	}
	if t.postgres != nil {
		if err := t.startPostgres(ctx); err != nil {
			return err
		}
	}
	for _, p := range t.processes {
		if err := p.Begin(); err != nil {
			return err
		}
	}
	return t.api.ready(ctx, errand.Tasks, clients)
}

func listens(addr string) bool {
	c, err := net.Dial("tcp", addr)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// until waits for something that takes seconds at most.
func until(ctx context.Context, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

// close ends every process.
func (t *site) close() {
	t.faults.Wait()
	for _, p := range t.processes {
		p.Kill()
	}
	if t.postgres != nil {
		t.postgres.End(journal.Kill, syscall.SIGINT, 10*time.Second)
	}
	t.redis.Kill()
	t.sink.Kill()
	for _, way := range t.proxies {
		way.Close()
	}
	t.rdb.Close()
}
