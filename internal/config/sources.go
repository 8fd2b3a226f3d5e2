package config

import (
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Source says where roster data comes from. Which settings count depends on
// the driver.
type Source struct {
	Driver string `yaml:"driver"` // a name in sourceDrivers
	Path   string `yaml:"path"`   // a file, or a folder in which the newest one counts

	Complete bool `yaml:"complete"` // each file holds everything: what is not in it is gone

	URL          string `yaml:"url"`
	TokenFile    string `yaml:"token_file"`
	User         string `yaml:"user"` // basic authentication, instead of a token
	PasswordFile string `yaml:"password_file"`

	Version          string `yaml:"version"`   // of OneRoster: 1.1 or 1.2; empty: 1.2
	TokenURL         string `yaml:"token_url"` // where OAuth tokens are given
	ClientID         string `yaml:"client_id"`
	ClientSecretFile string `yaml:"client_secret_file"`

	Batch   int           `yaml:"batch"`   // messages in one answer; 0: 500
	Timeout time.Duration `yaml:"timeout"` // of one call; 0: as the driver thinks right

	Database string            `yaml:"database"` // postgres or sqlite
	URLFile  string            `yaml:"url_file"` // holds the address of the database, which has a password in it
	Queries  map[string]string `yaml:"queries"`  // a SELECT or a view, by the streams

	Overlap time.Duration `yaml:"overlap"` // how much is read again of what changed; 0: 30 minutes

	Parameters   map[string]string `yaml:"parameters"`    // go with every question
	Paths        map[string]string `yaml:"paths"`         // of operations, by their names
	Fields       map[string]string `yaml:"fields"`        // what the SIS calls them, by our names
	CourseStatus map[string]string `yaml:"course_status"` // active or ended, by the status
}

// Token returns the bearer token, or "" if the source has none.
func (s Source) Token() (string, error) { return optionalSecret("token_file", s.TokenFile) }

// Password returns the password of the user, or "" if the source has none.
func (s Source) Password() (string, error) { return optionalSecret("password_file", s.PasswordFile) }

// Address returns the address of the database.
func (s Source) Address() (string, error) { return secret("url_file", s.URLFile) }

// ClientSecret returns the secret of the OAuth client.
func (s Source) ClientSecret() (string, error) {
	return secret("client_secret_file", s.ClientSecretFile)
}

func optionalSecret(setting, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	return secret(setting, file)
}

// resolve makes relative paths relative to dir.
func (s Source) resolve(dir string) Source {
	for _, path := range []*string{&s.Path, &s.URLFile, &s.TokenFile, &s.PasswordFile, &s.ClientSecretFile} {
		*path = under(dir, *path)
	}
	return s
}

var sourceDrivers = []struct {
	name  string
	check func(s Source, at string, say sayer)
}{
	{"oneroster-csv", Source.checkBundle},
	{"oneroster-rest", Source.checkService},
	{"anthology", Source.checkInbox},
	{"sql", Source.checkDatabase},
	{"ims-enterprise", Source.checkXML},
}

func (s Source) validate(at string, say sayer) {
	checkName(at, say)
	var known []string
	for _, d := range sourceDrivers {
		if s.Driver == d.name {
			d.check(s, at, say)
			return
		}
		known = append(known, d.name)
	}
	say("%s.driver is %q: it must be %s", at, s.Driver, strings.Join(known, ", "))
}

func (s Source) checkBundle(at string, say sayer) {
	if s.Path == "" {
		say("%s.path is missing: name a zip, or the folder that zips arrive in", at)
	}
}

func (s Source) checkService(at string, say sayer) {
	if !isSite(s.URL) {
		say("%s.url is %q: it must be the address of the service, such as https://sis.example.edu", at, s.URL)
	}
	if !isSite(s.TokenURL) {
		say("%s.token_url is %q: it must be the address where tokens are given, such as https://sis.example.edu/oauth/token", at, s.TokenURL)
	}
	if s.ClientID == "" || s.ClientSecretFile == "" {
		say("%s: name a client_id and the client_secret_file, as the SIS gave them out", at)
	}
	if s.Version != "" && s.Version != "1.1" && s.Version != "1.2" {
		say("%s.version is %q: it must be 1.1 or 1.2", at, s.Version)
	}
	if s.Overlap != 0 && (s.Overlap < time.Minute || s.Overlap > 7*24*time.Hour) {
		say("%s.overlap is %s: it must be 1m to 168h", at, s.Overlap)
	}
}

func (s Source) checkXML(at string, say sayer) {
	if s.Path == "" {
		say("%s.path is missing: name an XML file, or the folder that such files arrive in", at)
	}
}

func (s Source) checkInbox(at string, say sayer) {
	if !isSite(s.URL) {
		say("%s.url is %q: it must be the address that the operations stand below, such as https://sis.example.edu/lms", at, s.URL)
	}
	if (s.TokenFile == "") == (s.User == "") {
		say("%s: name either the token_file, or a user and a password_file", at)
	}
	if s.User != "" && s.PasswordFile == "" {
		say("%s.password_file is missing: name the file that holds the password of %s", at, s.User)
	}
	if s.Batch < 0 || s.Batch > 5000 {
		say("%s.batch is %d: it must be 1 to 5000", at, s.Batch)
	}
	s.checkTimeout(at, say)
}

func (s Source) checkDatabase(at string, say sayer) {
	switch {
	case s.Database == "postgres" && s.URLFile == "":
		say("%s.url_file is missing: name the file that holds the address, such as postgres://reader:password@db.example.edu/sis", at)
	case s.Database == "sqlite" && s.Path == "":
		say("%s.path is missing: name the file of the database", at)
	case s.Database != "postgres" && s.Database != "sqlite":
		say("%s.database is %q: it must be postgres or sqlite", at, s.Database)
	}
	for _, stream := range sis.Streams {
		if s.Queries[string(stream)] == "" {
			say("%s.queries.%s is missing: name a view, or write a SELECT", at, stream)
		}
	}
	for _, stream := range sorted(s.Queries) {
		if !slices.Contains(sis.Streams, sis.Stream(stream)) {
			say("%s.queries.%s is for no stream: there are terms, persons, sections and registrations", at, stream)
		}
	}
	if s.Overlap < 0 || s.Overlap > 7*24*time.Hour {
		say("%s.overlap is %s: it must be 1s to 168h", at, s.Overlap)
	}
	s.checkTimeout(at, say)
}

func (s Source) checkTimeout(at string, say sayer) {
	if s.Timeout != 0 && (s.Timeout < time.Second || s.Timeout > time.Hour) {
		say("%s.timeout is %s: it must be 1s to 1h", at, s.Timeout)
	}
}
