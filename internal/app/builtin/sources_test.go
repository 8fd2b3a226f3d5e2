package builtin

import (
	"database/sql"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestEveryDriverBecomesASource(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := filepath.Join(t.TempDir(), "address")
	if err := os.WriteFile(address, []byte("postgres://reader:password@127.0.0.1:1/sis\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range []config.Source{
		{Driver: "oneroster-csv", Path: "inbox"},
		{Driver: "oneroster-rest", URL: "https://sis.example.edu", TokenURL: "https://sis.example.edu/token", ClientID: "a", ClientSecretFile: token},
		{Driver: "ims-enterprise", Path: "inbox"},
		{Driver: "anthology", URL: "https://sis.example.edu", TokenFile: token},
		{Driver: "sql", Database: "sqlite", Path: "campus.db"},
		{Driver: "sql", Database: "postgres", URLFile: address},
	} {
		all, err := sources(config.Config{Sources: map[string]config.Source{"registrar": s}}, traced(nil), slog.New(slog.DiscardHandler))
		if err != nil || all["registrar"] == nil {
			t.Errorf("%s: %v, %v", s.Driver, all, err)
		}
	}
}

func TestASettingThatADriverDoesNotKnowIsRefusedByName(t *testing.T) {
	s := config.Source{Driver: "anthology", URL: "https://sis.example.edu", Fields: map[string]string{"ShoeSize": "x"}}

	_, err := sources(config.Config{Sources: map[string]config.Source{"registrar": s}}, traced(nil), slog.New(slog.DiscardHandler))

	if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), `sources.registrar: There is no field "ShoeSize"`) {
		t.Errorf("error = %v, want an invalid one that says where and what", err)
	}
}

func TestASQLiteFileIsReadWhateverItsNameAndNeverMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "term 1? #2.db")
	read := func() error {
		source, err := database(config.Source{Database: "sqlite", Path: path, Queries: map[string]string{"terms": "terms"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.Pull(t.Context(), sis.Request{Stream: sis.Terms}, func(sis.Record) error { return nil })
		return err
	}
	if err := read(); err == nil {
		t.Error("a database that is not there was read")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a database was made")
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE terms (id, title, start_date, end_date)"); err != nil {
		t.Fatal(err)
	}
	if err := read(); err != nil {
		t.Errorf("error %v", err)
	}
}
