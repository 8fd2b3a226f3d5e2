package cli_test

import (
	"context"
	"io"
	"regexp"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/sisrest"
	"github.com/beadle-jobs/beadle/internal/cli"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/anthology"
	"github.com/beadle-jobs/beadle/pkg/sis/onerosterapi"
)

func TestAUniversityIsServedAsASourceReadsIt(t *testing.T) {
	sources := map[string]func(url string) (sis.Source, error){
		"oneroster": func(url string) (sis.Source, error) {
			return onerosterapi.New(onerosterapi.Config{URL: url, TokenURL: url + "/token", ClientID: sisrest.ClientID, ClientSecret: sisrest.ClientSecret}), nil
		},
		"anthology": func(url string) (sis.Source, error) {
			return anthology.New(anthology.Config{URL: url, Token: "demo"})
		},
	}
	for as, open := range sources {
		t.Run(as, func(t *testing.T) {
			t.Parallel()
			url := serve(t, "--as", as, "--at", "30", "--page", "150", "--cut-every", "5", "--day", "1h")
			source, err := open(url)
			if err != nil {
				t.Fatal(err)
			}
			snapshot, err := source.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for stream, want := range map[sis.Stream]int{sis.Terms: 3, sis.Persons: 211, sis.Sections: 36, sis.Registrations: 350} {
				n := 0
				_, err := source.Pull(t.Context(), sis.Request{Snapshot: snapshot, Stream: stream}, func(sis.Record) error { n++; return nil })
				if err != nil || n != want {
					t.Errorf("%d %s, %v; want %d", n, stream, err, want)
				}
			}
		})
	}
}

// serve serves a university until the test ends, and returns its address.
func serve(t *testing.T, flags ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	said, out := io.Pipe()
	done := make(chan int)
	go func() {
		env := &cli.Env{Out: out, Err: t.Output(), Now: time.Now, Getenv: func(string) string { return "" }}
		done <- cli.Run(ctx, env, append([]string{"campus", "serve", "--listen", "127.0.0.1:0"}, flags...))
	}()
	t.Cleanup(func() {
		stop()
		if code := <-done; code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
	line := make([]byte, 200)
	n, err := said.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`http://\S+`).FindString(string(line[:n]))
}
