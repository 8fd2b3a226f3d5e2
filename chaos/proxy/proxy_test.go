package proxy_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/chaos/proxy"
)

// echo returns a proxy of a server that repeats what it is told, and the lines
// that have reached that server.
func echo(t *testing.T) (*proxy.Proxy, <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	heard := make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go repeat(c, heard)
		}
	}()
	p, err := proxy.Listen(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p, heard
}

func repeat(c net.Conn, heard chan<- string) {
	defer c.Close()
	for lines := bufio.NewScanner(c); lines.Scan(); {
		heard <- lines.Text()
		if _, err := io.WriteString(c, lines.Text()+"\n"); err != nil {
			return
		}
	}
}

func dial(t *testing.T, p *proxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask says a line and returns the answer that comes within that time.
func ask(c net.Conn, line string, within time.Duration) (string, error) {
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}

func mustAnswer(t *testing.T, c net.Conn, line string) {
	t.Helper()
	if got, err := ask(c, line, 5*time.Second); err != nil || got != line+"\n" {
		t.Fatalf("answer to %q = %q, %v", line, got, err)
	}
}

func TestForwardsBothWays(t *testing.T) {
	p, _ := echo(t)
	mustAnswer(t, dial(t, p), "hello")
}

func TestACutBreaksConnectionsAndRefusesNewOnes(t *testing.T) {
	p, _ := echo(t)
	c := dial(t, p)
	mustAnswer(t, c, "hello")
	p.Cut()
	if _, err := ask(c, "anybody?", 5*time.Second); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error = %v, want a broken connection", err)
	}
	if _, err := ask(dial(t, p), "anybody?", 5*time.Second); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("new connection: error = %v, want a broken connection", err)
	}
	p.Heal()
	mustAnswer(t, dial(t, p), "hello again")
}

func TestAHoleLetsNothingThroughUntilItHeals(t *testing.T) {
	p, heard := echo(t)
	c := dial(t, p)
	mustAnswer(t, c, "hello")
	<-heard
	p.Hole()
	if _, err := ask(c, "late", 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error = %v, want no answer", err)
	}
	c.Close()
	if len(heard) > 0 {
		t.Errorf("%q came through a hole", <-heard)
	}
	p.Heal()
	select {
	case got := <-heard:
		if got != "late" {
			t.Errorf("heard %q, want what was sent into the hole", got)
		}
	case <-time.After(5 * time.Second):
		t.Error("what was sent into the hole never arrived")
	}
}
