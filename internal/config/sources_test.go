package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/fault"
)

func TestReadsSourcesOfEveryDriver(t *testing.T) {
	for driver, settings := range map[string]string{
		"oneroster-csv":  "path: ./inbox",
		"oneroster-rest": "url: https://sis.example.edu, version: 1.1, token_url: https://sis.example.edu/token, client_id: a, client_secret_file: ./secret, overlap: 45m",
		"ims-enterprise": "path: ./inbox, complete: true",
		"anthology":      "url: https://sis.example.edu/lms, token_file: ./token, fields: {StudentId: Number}, timeout: 30s",
		"sql":            "database: postgres, url_file: ./sis.url, queries: {terms: t, persons: p, sections: s, registrations: SELECT 1}",
	} {
		c, err := load(t, "sources: {registrar: {driver: "+driver+", "+settings+"}}")
		if err != nil {
			t.Errorf("%s: %v", driver, err)
			continue
		}
		s := c.Sources["registrar"]
		for _, path := range []string{s.Path, s.TokenFile, s.PasswordFile, s.ClientSecretFile, s.URLFile} {
			if path != "" && !filepath.IsAbs(path) {
				t.Errorf("%s: %s is not relative to the settings file", driver, path)
			}
		}
	}
}

func TestRefusesSourcesInWordsThatHelp(t *testing.T) {
	const service = "driver: oneroster-rest, url: https://sis.example.edu, token_url: https://sis.example.edu/token, "
	const inbox = "driver: anthology, url: https://sis.example.edu, "
	const queries = "queries: {terms: t, persons: p, sections: s, registrations: r}"
	for name, tt := range map[string]struct{ settings, want string }{
		"no path":               {"driver: oneroster-csv", "sources.a.path is missing"},
		"no path of XML":        {"driver: ims-enterprise", "sources.a.path is missing: name an XML file"},
		"an address that is no": {"driver: anthology, url: sis.example.edu, token_file: t", `sources.a.url is "sis.example.edu"`},
		"no token address":      {"driver: oneroster-rest, url: https://sis.example.edu, client_id: a, client_secret_file: b", `sources.a.token_url is ""`},
		"no service":            {"driver: oneroster-rest, url: sis, token_url: https://a/b, client_id: a, client_secret_file: b", `sources.a.url is "sis"`},
		"no client":             {service + "client_id: a", "name a client_id and the client_secret_file"},
		"an old version":        {service + "client_id: a, client_secret_file: b, version: 1.0", `sources.a.version is "1.0": it must be 1.1 or 1.2`},
		"hardly an overlap":     {service + "client_id: a, client_secret_file: b, overlap: 1s", "sources.a.overlap is 1s: it must be 1m to 168h"},
		"no credentials":        {inbox + "batch: 10", "name either the token_file, or a user and a password_file"},
		"two credentials":       {inbox + "token_file: t, user: u, password_file: p", "name either the token_file, or a user"},
		"no password":           {inbox + "user: beadle", "sources.a.password_file is missing: name the file that holds the password of beadle"},
		"too large a batch":     {inbox + "token_file: t, batch: 9999", "sources.a.batch is 9999"},
		"no database":           {"driver: sql, " + queries, `sources.a.database is "": it must be postgres or sqlite`},
		"no address":            {"driver: sql, database: postgres, " + queries, "sources.a.url_file is missing"},
		"no file":               {"driver: sql, database: sqlite, " + queries, "sources.a.path is missing"},
		"no query":              {"driver: sql, database: sqlite, path: p, queries: {terms: t}", "sources.a.queries.persons is missing"},
		"a query of none":       {"driver: sql, database: sqlite, path: p, queries: {shoes: t}", "sources.a.queries.shoes is for no stream"},
		"an overlap of weeks":   {"driver: sql, database: sqlite, path: p, overlap: 1000h, " + queries, "sources.a.overlap is 1000h"},
		"no patience":           {inbox + "token_file: t, timeout: 1ms", "sources.a.timeout is 1ms"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, "sources: {a: {"+tt.settings+"}}")
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), tt.want) {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
		})
	}
}
