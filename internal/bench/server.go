package bench

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// A server is a redis-server that lives as long as the bed. It is kept as a
// production one is: AOF each second, no eviction.
type server struct {
	url   string
	cmd   *exec.Cmd
	ended chan struct{}
}

// startServer starts a redis-server on a free loopback port, with its data in
// dir.
func startServer(ctx context.Context, dir string) (*server, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fault.New(fault.Invalid, "There is no redis-server on this machine: install Redis, or name an empty one with --redis redis://HOST:PORT/15.").In("redis").Because(err)
	}
	port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("find a port for redis: %w", err)
	}
	s := &server{url: fmt.Sprintf("redis://127.0.0.1:%d/0", port), ended: make(chan struct{})}
	s.cmd = exec.Command(path, "--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir,
		"--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us; we stop it when we are done
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start redis-server: %w", err)
	}
	go func() {
		_ = s.cmd.Wait() // how it ends says nothing that its silence does not
		close(s.ended)
	}()
	if err := s.ready(ctx, port); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// ready waits until the server accepts connections.
func (s *server) ready(ctx context.Context, port int) error {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if conn, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			return conn.Close()
		}
		select {
		case <-s.ended:
			return fmt.Errorf("redis-server ended at once: %s", s.cmd.ProcessState)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return fmt.Errorf("redis-server does not listen at %s after 10 s", addr)
}

// stop ends the server, if there is one.
func (s *server) stop() {
	if s == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
