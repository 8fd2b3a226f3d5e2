package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/testservers"
)

// through returns a client that reaches a real Redis through a proxy.
func through(t *testing.T, delay time.Duration) (*proxy, *redis.Client) {
	t.Helper()
	p, url, err := newProxy("redis://"+testservers.Redis(t)+"/0", delay)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(o)
	t.Cleanup(func() { rdb.Close() })
	return p, rdb
}

func TestProxyMakesRoundTripsLonger(t *testing.T) {
	const delay = 20 * time.Millisecond
	_, rdb := through(t, delay)
	var took []time.Duration
	for range 10 {
		began := time.Now()
		if err := rdb.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	if least := slices.Min(took); least < delay || least > 2*delay {
		t.Errorf("the shortest of ten round trips took %s, want a little more than %s", least, delay)
	}
}

// Replies that are on the way at the same time must not wait for each other.
func TestProxyDelaysPipelinedRepliesTogether(t *testing.T) {
	const delay = 20 * time.Millisecond
	_, rdb := through(t, delay)
	conn := rdb.Conn()
	defer conn.Close()
	conn.Ping(t.Context())
	began := time.Now()
	pipe := conn.Pipeline()
	for i := range 2000 { // long enough for many pieces
		pipe.Set(t.Context(), fmt.Sprint("key", i), make([]byte, 500), 0)
		pipe.Get(t.Context(), fmt.Sprint("key", i))
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < delay || took > 20*delay {
		t.Errorf("a pipeline of 4,000 commands took %s with %s of delay", took, delay)
	}
}

func TestProxyCountsCommands(t *testing.T) {
	p, rdb := through(t, 0)
	conn := rdb.Conn()
	defer conn.Close()
	conn.Ping(t.Context())
	before := p.commands.Load()
	pipe := conn.Pipeline()
	for range 10 {
		pipe.Set(t.Context(), "key", "*3\r\n$1\r\nx\r\n", 0) // text that looks like commands
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn.Get(t.Context(), "key")
	if got := p.commands.Load() - before; got != 11 {
		t.Errorf("%d commands counted, want 11", got)
	}
}

func TestCommandsAreCountedHoweverTheyAreCut(t *testing.T) {
	stream := []byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n*\r\n$\r\n*1\r\n$4\r\nPING\r\n")
	for size := 1; size <= len(stream); size++ {
		var p proxy
		c := &counter{count: &p.commands}
		for piece := range slices.Chunk(stream, size) {
			c.Write(piece)
		}
		if got := p.commands.Load(); got != 3 {
			t.Errorf("in pieces of %d bytes: %d commands, want 3", size, got)
		}
	}
}

func TestPercentiles(t *testing.T) {
	for _, tt := range []struct {
		all  []float64
		p    float64
		want float64
	}{
		{nil, 50, 0},
		{[]float64{7}, 99, 7},
		{[]float64{3, 1, 2}, 50, 2},
		{[]float64{4, 1, 3, 2}, 50, 2.5},
		{[]float64{1, 2, 3, 4, 5}, 100, 5},
		{[]float64{0, 100}, 99, 99},
	} {
		if got := percentile(tt.all, tt.p); got != tt.want {
			t.Errorf("the %v. percentile of %v is %v, want %v", tt.p, tt.all, got, tt.want)
		}
	}
}
