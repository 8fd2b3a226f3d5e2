package builtin

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
)

func TestEveryDriverBecomesASource(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range []config.Source{
		{Driver: "oneroster-csv", Path: "inbox"},
		{Driver: "anthology", URL: "https://sis.example.edu", TokenFile: token},
	} {
		all, err := sources(config.Config{Sources: map[string]config.Source{"registrar": s}}, slog.New(slog.DiscardHandler))
		if err != nil || all["registrar"] == nil {
			t.Errorf("%s: %v, %v", s.Driver, all, err)
		}
	}
}

func TestASettingThatADriverDoesNotKnowIsRefusedByName(t *testing.T) {
	s := config.Source{Driver: "anthology", URL: "https://sis.example.edu", Fields: map[string]string{"ShoeSize": "x"}}

	_, err := sources(config.Config{Sources: map[string]config.Source{"registrar": s}}, slog.New(slog.DiscardHandler))

	if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), `sources.registrar: There is no field "ShoeSize"`) {
		t.Errorf("error = %v, want an invalid one that says where and what", err)
	}
}
