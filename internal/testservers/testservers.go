// Package testservers starts real servers for tests, on free loopback ports,
// and stops them: redis-server and PostgreSQL, and groups of redis-servers that
// stand in for each other.
//
// Each is started at most once per test binary, on first use. A test gets a
// Redis that is empty, or a PostgreSQL schema that is empty and its own:
//
//	func TestMain(m *testing.M) { testservers.Main(m) }
//
//	func TestSurvives(t *testing.T) {
//		rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t)})
//		...
//	}
//
// [Sentinels] and [Cluster] are for tests in which a master dies; what they
// start is the test's own and ends with it.
//
// Where the programs are not installed the test is skipped; `make deps`
// installs them. With CI=true in the environment it fails instead, so that a
// green run is one in which everything ran.
package testservers

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Main runs the tests and stops the servers that they started. A package that
// uses this one calls it from its TestMain.
func Main(m *testing.M) {
	code := m.Run()
	stopAll()
	os.Exit(code)
}

// running are the servers of this test binary.
var running struct {
	sync.Mutex
	stop []func()
}

func onExit(stop func()) {
	running.Lock()
	defer running.Unlock()
	running.stop = append(running.stop, stop)
}

func stopAll() {
	running.Lock()
	defer running.Unlock()
	for _, stop := range running.stop {
		stop()
	}
}

// missing ends the test because a program is not installed.
func missing(t testing.TB, program string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed, and CI must not skip this test: run make deps", program)
	}
	t.Skipf("%s is not installed: run make deps", program)
}

// find returns the path of a program in PATH or in one of the folders, given
// as patterns.
func find(program string, folders ...string) (string, bool) {
	if path, err := exec.LookPath(program); err == nil {
		return path, true
	}
	for _, folder := range folders {
		found, _ := filepath.Glob(filepath.Join(folder, program))
		if len(found) > 0 {
			return found[len(found)-1], true
		}
	}
	return "", false
}

// FreePort returns a loopback port that nobody listens on now.
func FreePort(t testing.TB) int {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// start runs a server until the test binary ends, however it ends, and returns
// once it accepts connections at addr.
func start(cmd *exec.Cmd, addr string, sig os.Signal) error {
	p, err := launch(cmd)
	if err != nil {
		return err
	}
	onExit(func() { p.stop(sig) })
	return accepts(addr, p.ended)
}

// A process is a server that was started. It ends with the test binary at the
// latest.
type process struct {
	*os.Process
	ended chan struct{}
}

func launch(cmd *exec.Cmd) (*process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started := make(chan error)
	ended := make(chan struct{})
	go func() {
		// The kernel sends Pdeathsig when the thread that started the process
		// ends, so that thread is kept for as long as the process runs.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return &process{cmd.Process, ended}, nil
}

// stop asks the process to end, and insists after 10 s.
func (p *process) stop(sig os.Signal) {
	_ = p.Signal(sig) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		_ = p.Kill()
	}
}

// pauseTime is how long to wait before looking again.
const pauseTime = 20 * time.Millisecond

func pause() { time.Sleep(pauseTime) }

// accepts waits until something listens at addr.
func accepts(addr string, ended <-chan struct{}) error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if conn, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			return conn.Close()
		}
		select {
		case <-ended:
			return fmt.Errorf("the server for %s ended at once", addr)
		case <-time.After(pauseTime):
		}
	}
	return fmt.Errorf("nothing listens at %s after 30 s", addr)
}
