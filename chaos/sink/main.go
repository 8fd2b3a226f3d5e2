// Sink serves the fenced sink of the torture run as a process of its own.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/internal/trial/sink"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to serve")
	path := flag.String("log", journal.Sink, "file to write decisions to")
	flag.Parse()
	log.Fatal(serve(*listen, *path))
}

func serve(listen, path string) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	decisions, err := journal.Open(path)
	if err != nil {
		return err
	}
	s, err := sink.New(decisions, time.Now())
	if err != nil {
		return err
	}
	return http.Serve(l, s)
}
