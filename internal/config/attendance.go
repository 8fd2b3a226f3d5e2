package config

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

// Attendance says how what students do in the LMS is posted to the SIS.
type Attendance struct {
	Activity Activity `yaml:"activity"`
	Sink     string   `yaml:"sink"`     // one of the sinks
	Schedule string   `yaml:"schedule"` // unix cron, in the sync's zone; empty: 04:30; "never" for none

	Mode       string         `yaml:"mode"`       // events, sessions or engagement; empty: events
	Weights    map[string]int `yaml:"weights"`    // minutes of an event, by its name; none: what was handed in or said
	Multiplier float64        `yaml:"multiplier"` // of the minutes, to three decimals; 0: 1
	Min        int            `yaml:"min"`        // minutes of a day on which anything was done
	Cap        int            `yaml:"cap"`        // minutes of a day in one section; 0: 480
	CapAll     int            `yaml:"cap_all"`    // minutes of a day in all sections; 0: 1440
	Gap        time.Duration  `yaml:"gap"`        // sessions: the longest pause within one; 0: 30m
	Credit     time.Duration  `yaml:"credit"`     // sessions: what the last event is worth
	Scheduled  int            `yaml:"scheduled"`  // engagement: minutes of a day; 0: 60

	Finality  int             `yaml:"finality"`  // days after which a day is over for good; 0: 7
	Delay     time.Duration   `yaml:"delay"`     // that a day is left alone after its end
	Absences  bool            `yaml:"absences"`  // post 0 of who did nothing
	Overwrite bool            `yaml:"overwrite"` // replace what a person entered in the SIS
	Brake     AttendanceBrake `yaml:"brake"`
}

// AttendanceBrake says when far fewer people attended than usual.
type AttendanceBrake struct {
	Percent int `yaml:"percent"` // so many percent fewer; 0: 50
	Above   int `yaml:"above"`   // and so many people; 0: 5
	Weeks   int `yaml:"weeks"`   // before, that are looked at; 0: 4
}

// Activity says where it is known from what students do.
type Activity struct {
	Driver   string `yaml:"driver"`   // moodle-log, last-access, csv
	Database string `yaml:"database"` // of Moodle's log: postgres or mysql
	URLFile  string `yaml:"url_file"` // holds its address, which has a password in it
	Prefix   string `yaml:"prefix"`   // of Moodle's tables; empty: mdl_
	Path     string `yaml:"path"`     // of a CSV file
}

// Address returns the address of the database of Moodle's log.
func (a Activity) Address() (string, error) { return secret("url_file", a.URLFile) }

// DefaultAttendanceSchedule is when attendance is collected unless the
// settings say otherwise.
const DefaultAttendanceSchedule = "30 4 * * *"

// Thousandths returns the multiplier in thousandths.
func (a Attendance) Thousandths() int { return int(math.Round(a.Multiplier * 1000)) }

func (a Attendance) validate(at string, c Config, say sayer) {
	a.checkActivity(at+".activity", say)
	if _, ok := c.Sinks[a.Sink]; !ok {
		say("%s.sink is %q: it must name one of the sinks (%s)", at, a.Sink, list(c.Sinks))
	}
	if a.Schedule != "" && a.Schedule != "never" {
		if _, err := cron.Parse(a.Schedule); err != nil {
			say("%s.schedule: %s", at, oneLine(err))
		}
	}
	if a.Mode != "" && !slices.Contains([]string{"events", "sessions", "engagement"}, a.Mode) {
		say("%s.mode is %q: it must be events, sessions or engagement", at, a.Mode)
	}
	a.checkMinutes(at, say)
	a.checkDays(at, say)
}

func (a Attendance) checkActivity(at string, say sayer) {
	switch a.Activity.Driver {
	case "moodle-log":
		if a.Activity.Database != "postgres" && a.Activity.Database != "mysql" {
			say("%s.database is %q: it must be postgres or mysql", at, a.Activity.Database)
		}
		if a.Activity.URLFile == "" {
			say("%s.url_file is missing: name the file that holds the address of the database", at)
		}
	case "csv":
		if a.Activity.Path == "" {
			say("%s.path is missing: name the file of activity", at)
		}
	case "last-access":
	default:
		say("%s.driver is %q: it must be moodle-log, last-access or csv", at, a.Activity.Driver)
	}
}

func (a Attendance) checkMinutes(at string, say sayer) {
	for _, event := range slices.Sorted(maps.Keys(a.Weights)) {
		if n := a.Weights[event]; n < 0 || n > 1440 {
			say("%s.weights.%s is %d: it must be 0 to 1440 minutes", at, event, n)
		}
	}
	for name, n := range map[string]int{"min": a.Min, "cap": a.Cap, "cap_all": a.CapAll, "scheduled": a.Scheduled} {
		if n < 0 || n > 1440 {
			say("%s.%s is %d: it must be 0 to 1440 minutes", at, name, n)
		}
	}
	if a.Multiplier < 0 || a.Multiplier > 100 || a.Multiplier > 0 && a.Thousandths() == 0 {
		say("%s.multiplier is %g: it must be 0.001 to 100", at, a.Multiplier)
	}
	if a.Gap < 0 || a.Gap > 12*time.Hour || a.Credit < 0 || a.Credit > time.Hour {
		say("%s.gap must be at most 12h, and credit at most 1h", at)
	}
}

func (a Attendance) checkDays(at string, say sayer) {
	if a.Finality < 0 || a.Finality > 60 {
		say("%s.finality is %d: it must be 1 to 60 days", at, a.Finality)
	}
	if a.Delay < 0 || a.Delay > 7*24*time.Hour {
		say("%s.delay is %s: it must be at most 168h", at, a.Delay)
	}
	if b := a.Brake; b.Percent < 0 || b.Percent > 100 || b.Above < 0 || b.Weeks < 0 || b.Weeks > 26 {
		say("%s.brake: percent must be 1 to 100, above 1 or more, and weeks 1 to 26", at)
	}
}

// Sink says where attendance is posted. Which settings count depends on the
// driver.
type Sink struct {
	Driver string `yaml:"driver"` // anthology, ed-fi, csv, webhook
	Path   string `yaml:"path"`   // of a folder
	URL    string `yaml:"url"`

	TokenFile    string `yaml:"token_file"`
	User         string `yaml:"user"` // basic authentication, instead of a token
	PasswordFile string `yaml:"password_file"`

	TokenURL         string `yaml:"token_url"` // where OAuth tokens are given; empty: /oauth/token
	ClientID         string `yaml:"client_id"`
	ClientSecretFile string `yaml:"client_secret_file"`
	SecretFile       string `yaml:"secret_file"` // that webhooks are signed with

	Separator string `yaml:"separator"` // between the parts of a section's key; empty: |
	Present   string `yaml:"present"`   // descriptor of who attended
	Absent    string `yaml:"absent"`    // of who did not

	Paths  map[string]string `yaml:"paths"`  // of operations, by their names
	Fields map[string]string `yaml:"fields"` // what the SIS calls them, by our names
}

// Token returns the bearer token, or "" if the sink has none.
func (s Sink) Token() (string, error) { return optionalSecret("token_file", s.TokenFile) }

// Password returns the password of the user, or "" if the sink has none.
func (s Sink) Password() (string, error) { return optionalSecret("password_file", s.PasswordFile) }

// ClientSecret returns the secret of the OAuth client.
func (s Sink) ClientSecret() (string, error) { return secret("client_secret_file", s.ClientSecretFile) }

// Secret returns what webhooks are signed with.
func (s Sink) Secret() (string, error) { return secret("secret_file", s.SecretFile) }

// resolve makes relative paths relative to dir.
func (s Sink) resolve(dir string) Sink {
	for _, path := range []*string{&s.Path, &s.TokenFile, &s.PasswordFile, &s.ClientSecretFile, &s.SecretFile} {
		*path = under(dir, *path)
	}
	return s
}

func (s Sink) validate(at string, say sayer) {
	checkName(at, say)
	need := map[string]map[string]string{
		"csv":       {"path": s.Path},
		"webhook":   {"secret_file": s.SecretFile},
		"ed-fi":     {"client_id": s.ClientID, "client_secret_file": s.ClientSecretFile},
		"anthology": {},
	}
	needed, ok := need[s.Driver]
	if !ok {
		say("%s.driver is %q: it must be one of %s", at, s.Driver, strings.Join(slices.Sorted(maps.Keys(need)), ", "))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		if needed[name] == "" {
			say("%s.%s is missing", at, name)
		}
	}
	if s.Driver != "csv" && !isSite(s.URL) {
		say("%s.url is %q: it must be an address such as https://sis.example.edu/attendance", at, s.URL)
	}
	if s.Driver == "anthology" && (s.TokenFile == "") == (s.User == "" || s.PasswordFile == "") {
		say("%s: name either the token_file, or a user and a password_file", at)
	}
}
