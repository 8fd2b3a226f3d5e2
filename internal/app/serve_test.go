package app_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// get asks a server that is there, over a connection that is kept if it may be.
func get(t *testing.T, url string) (status int, last bool, ready client.Readiness) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_ = json.NewDecoder(resp.Body).Decode(&ready) // only some answers have one
	return resp.StatusCode, resp.Close, ready
}

func TestAServerTakesItsLeave(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	begun, finish := make(chan bool), make(chan bool)
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/quick", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { begun <- true; <-finish })
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- app.ServeAndLinger(ctx, l, mux, 500*time.Millisecond) }()

	for _, path := range []string{"/quick", "/readyz"} {
		if status, last, _ := get(t, url+path); status != 200 || last {
			t.Errorf("%s: status %d, last answer %t, while it is ready", path, status, last)
		}
	}
	slow := make(chan int)
	go func() {
		status, _, _ := get(t, url+"/slow")
		slow <- status
	}()
	<-begun
	stop()
	if status, last, _ := get(t, url+"/quick"); status != 200 || !last {
		t.Errorf("status %d, last answer %t, after it was told to stop; want 200 and the last on its connection", status, last)
	}
	if status, _, r := get(t, url+"/readyz"); status != 503 || r.Ready || len(r.Reasons) != 1 {
		t.Errorf("readyz is %d with %v, want 503 and the reason", status, r.Reasons)
	}
	for {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break // it has taken its leave
		}
		c.Close()
		time.Sleep(20 * time.Millisecond)
	}
	close(finish)
	if status := <-slow; status != 200 {
		t.Errorf("what was asked before it was told to stop is answered %d", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
