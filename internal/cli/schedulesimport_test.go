package cli_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/cli"
)

// Somebody else edits the second schedule of the file while it is imported.
func TestAnImportThatIsRefusedHalfwaySaysWhatIsWritten(t *testing.T) {
	p := apitest.New()
	h := apitest.As(auth.Local, api.New(api.Config{
		Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p}, Timetable: p.Timetable(),
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return apitest.Now },
	}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"error":{"code":"conflict","message":"Kim was faster."}}`))
			return
		}
		h.ServeHTTP(w, r)
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "schedules.yaml")
	err := os.WriteFile(file, []byte(`schedules:
  - {name: "cache.clear:a", task: cache.clear, rule: {cron: 0 2 * * *}}
  - {name: roster.sync, rule: {owner: Kim}}
  - {name: "cache.clear:b", task: cache.clear, rule: {cron: 0 3 * * *}}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	var out, screen bytes.Buffer
	env := &cli.Env{
		Out: &out, Err: &screen, Now: func() time.Time { return apitest.Now },
		Getenv: func(name string) string { return map[string]string{"BEADLE_SERVER": server.URL}[name] },
	}
	if code := cli.Run(t.Context(), env, []string{"schedules", "import", file, "--reason", "autumn term"}); code != 4 {
		t.Errorf("exit code %d", code)
	}
	want := "Written: schedule cache.clear:a. Not written: schedule roster.sync, schedule cache.clear:b.\n" +
		"jobctl: " + file + ":3: schedule roster.sync: in the layer of the platform: Kim was faster.\n"
	if got := screen.String(); !strings.HasSuffix(got, want) {
		t.Errorf("got %s want %s", got, want)
	}
}
