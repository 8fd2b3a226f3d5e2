// Package proxy is a piece of network that can be broken: a TCP proxy whose
// connections can be cut, or turned into a hole in which everything vanishes
// until it heals. What was sent into a hole arrives when it heals, as it does
// in a real network, even if its sender has long given up.
package proxy

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

// A Proxy forwards connections to one server.
type Proxy struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	state *sync.Cond // signals a change of mode
	mode  mode
	conns map[net.Conn]bool
}

type mode int

const (
	open mode = iota
	cut
	hole
	closed
)

// Listen starts a proxy on a free loopback port.
func Listen(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start proxy: %w", err)
	}
	p := &Proxy{listener: l, target: target, conns: map[net.Conn]bool{}}
	p.state = sync.NewCond(&p.mu)
	go p.accept()
	return p, nil
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut breaks all connections and refuses new ones, until Heal.
func (p *Proxy) Cut() {
	p.become(cut)
	p.breakAll()
}

// Hole lets nothing through, until Heal.
func (p *Proxy) Hole() { p.become(hole) }

// Heal ends Cut and Hole.
func (p *Proxy) Heal() { p.become(open) }

// Close ends the proxy and its connections.
func (p *Proxy) Close() error {
	p.become(closed)
	p.breakAll()
	return p.listener.Close()
}

func (p *Proxy) become(m mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = m
	p.state.Broadcast()
}

func (p *Proxy) breakAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			go p.serve(conn)
		}
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	if !p.pass() {
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.add(client, server) {
		return
	}
	defer p.remove(client, server)
	done := make(chan bool, 2)
	go func() { p.pump(server, client); done <- true }()
	go func() { p.pump(client, server); done <- true }()
	// The end of one direction must not drop what the other still holds back.
	<-done
	<-done
}

// pass waits while there is a hole, and reports whether the way is open.
func (p *Proxy) pass() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.mode == hole {
		p.state.Wait()
	}
	return p.mode == open
}

func (p *Proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.conns[c] = true
	}
	return p.mode == open || p.mode == hole
}

func (p *Proxy) remove(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}

// pump forwards from one connection to another until either ends.
func (p *Proxy) pump(to, from net.Conn) {
	defer closeWrite(to)
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && (!p.pass() || writeAll(to, buf[:n]) != nil) {
			from.Close()
			return
		}
		if err != nil {
			return
		}
	}
}

func writeAll(to net.Conn, data []byte) error {
	_, err := to.Write(data)
	return err
}

// closeWrite tells the other side that nothing follows.
func closeWrite(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.CloseWrite() // the connection may be gone already
	}
}
