package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/fault"
)

func TestReadsSourcesOfEveryDriver(t *testing.T) {
	for driver, settings := range map[string]string{
		"oneroster-csv": "path: ./inbox",
		"anthology":     "url: https://sis.example.edu/lms, token_file: ./token, fields: {StudentId: Number}, timeout: 30s",
	} {
		c, err := load(t, "sources: {registrar: {driver: "+driver+", "+settings+"}}")
		if err != nil {
			t.Errorf("%s: %v", driver, err)
			continue
		}
		s := c.Sources["registrar"]
		for _, path := range []string{s.Path, s.TokenFile, s.PasswordFile} {
			if path != "" && !filepath.IsAbs(path) {
				t.Errorf("%s: %s is not relative to the settings file", driver, path)
			}
		}
	}
}

func TestRefusesSourcesInWordsThatHelp(t *testing.T) {
	const inbox = "driver: anthology, url: https://sis.example.edu, "
	for name, tt := range map[string]struct{ settings, want string }{
		"no path":               {"driver: oneroster-csv", "sources.a.path is missing"},
		"an address that is no": {"driver: anthology, url: sis.example.edu, token_file: t", `sources.a.url is "sis.example.edu"`},
		"no credentials":        {inbox + "batch: 10", "name either the token_file, or a user and a password_file"},
		"two credentials":       {inbox + "token_file: t, user: u, password_file: p", "name either the token_file, or a user"},
		"no password":           {inbox + "user: beadle", "sources.a.password_file is missing: name the file that holds the password of beadle"},
		"too large a batch":     {inbox + "token_file: t, batch: 9999", "sources.a.batch is 9999"},
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
