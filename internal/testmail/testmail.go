// Package testmail gives tests a mail server on the loopback, which speaks as
// much SMTP as a client needs to hand over a letter, and keeps the letters.
package testmail

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
)

// A Box is a mail server until its test ends.
type Box struct {
	Host    string
	Port    int
	Letters chan Letter // in the order of their arrival; there is room for 100

	refusal string
}

// A Letter is what was handed over.
type Letter struct {
	To   []string // the addresses of the envelope
	Text string   // with its headers
}

// New starts a mail server. It answers refusal to every letter, if there is
// one: "451 try later".
func New(t testing.TB, refusal string) *Box {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	b := &Box{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Letters: make(chan Letter, 100), refusal: refusal}
	go b.serve(l)
	return b
}

func (b *Box) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go b.talk(c)
	}
}

// talk is one conversation.
func (b *Box) talk(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	fmt.Fprint(c, "220 box\r\n")
	var to []string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, address, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch verb = strings.ToUpper(verb); {
		case verb == "RCPT TO":
			to = append(to, strings.Trim(address, "<>"))
			fmt.Fprint(c, "250 ok\r\n")
		case verb == "DATA" && b.refusal != "":
			fmt.Fprint(c, b.refusal+"\r\n")
		case verb == "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			text, err := letter(in)
			if err != nil {
				return
			}
			b.Letters <- Letter{to, text}
			to = nil
			fmt.Fprint(c, "250 taken\r\n")
		case verb == "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
}

// letter reads up to the line that ends a letter.
func letter(in *bufio.Reader) (string, error) {
	var text strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return text.String(), err
		}
		text.WriteString(line)
	}
}
