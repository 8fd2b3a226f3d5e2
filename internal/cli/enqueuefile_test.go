package cli_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/cli"
)

// The server loses its Redis in the middle of a call, and later before one.
func TestALongFileGoesOnWhereItWas(t *testing.T) {
	p := apitest.New()
	server := httptest.NewServer(apitest.As(auth.Local, api.New(api.Config{
		Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p},
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return apitest.Now },
	})))
	defer server.Close()
	p.FalterAfter(1, 2)
	var out, hints bytes.Buffer
	env := &cli.Env{
		In: strings.NewReader(strings.Repeat("{\"task\":\"cache.clear\"}\n", 4999) + `{"task":"nothing"}`), Out: &out, Err: &hints,
		Now: time.Now, Getenv: func(string) string { return "" }, Poll: time.Millisecond,
	}
	code := cli.Run(t.Context(), env, []string{"enqueue", "--file", "-", "--server", server.URL})

	if want := "Enqueued 4,999 jobs, 1 refused.\n"; out.String() != want || code != 2 || p.Enqueued() != 4999 {
		t.Errorf("exit code %d, %d jobs, %q, want %q", code, p.Enqueued(), out.String(), want)
	}
	if want := "line 5000: There is no task nothing; jobctl tasks lists what there is.\njobctl: 1 of 5,000 lines refused\n"; hints.String() != want {
		t.Errorf("hints = %q, want %q", hints.String(), want)
	}
}
