package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// A proxy stands between clients and Redis. It makes round trips longer, and
// counts the commands of everybody who comes through.
//
// Only replies are delayed, by the whole of the delay: what matters is the
// round trip, and one pause of a millisecond is kept more precisely than two of
// half of one. Each piece of a reply is passed on when its own time has come,
// so that pipelined replies travel together.
type proxy struct {
	listener net.Listener
	target   string
	delay    time.Duration
	commands atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool // nil when closed
}

// newProxy returns a proxy to the Redis at target, and the URL to reach it by.
func newProxy(target string, delay time.Duration) (*proxy, string, error) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "redis" {
		return nil, "", fault.New(fault.Invalid, "--redis: a connection can be delayed or counted only to a redis:// URL, not %q.", target).In("redis")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("listen for the proxy: %w", err)
	}
	p := &proxy{listener: l, target: hostPort(u), delay: delay, conns: map[net.Conn]bool{}}
	u.Host = l.Addr().String()
	go p.serve()
	return p, u.String(), nil
}

func hostPort(u *url.URL) string {
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = "6379"
	}
	return net.JoinHostPort(host, port)
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.join(client)
	}
}

// join connects a client with Redis until either goes.
func (p *proxy) join(client net.Conn) {
	upstream, err := net.Dial("tcp", p.target)
	if err != nil {
		client.Close()
		return
	}
	if !p.keep(client, upstream) {
		return
	}
	defer p.drop(client, upstream)
	go func() {
		defer p.drop(client, upstream)
		_, _ = io.Copy(upstream, io.TeeReader(client, &counter{count: &p.commands})) // ends with the connection
	}()
	p.reply(client, upstream)
}

// keep notes connections to be closed with the proxy.
func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.conns == nil {
			c.Close()
			continue
		}
		p.conns[c] = true
	}
	return p.conns != nil
}

func (p *proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		c.Close()
		delete(p.conns, c)
	}
}

// close ends the proxy and all connections through it.
func (p *proxy) close() error {
	err := p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		err = errors.Join(err, c.Close())
	}
	p.conns = nil
	return err
}

// reply passes on what Redis answers, at its time.
func (p *proxy) reply(client, upstream net.Conn) {
	if p.delay == 0 {
		_, _ = io.Copy(client, upstream) // ends with the connection
		return
	}
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		p.receive(upstream, pieces)
	}()
	for next := range pieces {
		time.Sleep(time.Until(next.due))
		if _, err := client.Write(next.data); err != nil {
			break
		}
	}
	p.drop(client, upstream) // which ends receive
	for range pieces {
		continue
	}
}

// A piece is what arrived at once, and when it may go on.
type piece struct {
	data []byte
	due  time.Time
}

func (p *proxy) receive(from io.Reader, pieces chan<- piece) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			pieces <- piece{append([]byte(nil), buf[:n]...), time.Now().Add(p.delay)}
		}
		if err != nil {
			return
		}
	}
}

// A counter counts the commands in what a client sends: arrays of strings.
type counter struct {
	count *atomic.Int64
	line  []byte // the begin of a line whose end has not come yet
	skip  int    // bytes of a string that are still to come
}

func (c *counter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if c.skip > 0 {
			n := min(c.skip, len(rest))
			c.skip -= n
			rest = rest[n:]
			continue
		}
		c.line = append(c.line, rest[0])
		if rest[0] == '\n' {
			c.end()
		}
		rest = rest[1:]
	}
	return len(p), nil
}

// end understands a line that is complete.
func (c *counter) end() {
	switch c.line[0] {
	case '*':
		c.count.Add(1)
	case '$':
		length, _ := strconv.Atoi(string(bytes.TrimSpace(c.line[1:])))
		c.skip = length + len("\r\n")
	}
	c.line = c.line[:0]
}
