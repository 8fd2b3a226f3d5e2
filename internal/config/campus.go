package config

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/cron"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Target says which learning platform it goes to.
type Target struct {
	Driver    string `yaml:"driver"`     // moodle or flat-file
	Path      string `yaml:"path"`       // of flat-file: the folder that the files are written to
	Format    string `yaml:"format"`     // of flat-file: oneroster or moodle; empty: oneroster
	TimeZone  string `yaml:"time_zone"`  // of flat-file: IANA name of where days begin; empty: UTC
	URL       string `yaml:"url"`        // https://lms.example.edu
	TokenFile string `yaml:"token_file"` // holds the web-service token
	Category  string `yaml:"category"`   // id of the category for new courses; empty: the first
	Auth      string `yaml:"auth"`       // authentication of new accounts: manual, oauth2, saml2, …
	Batch     int    `yaml:"batch"`      // rows in one call, at most; 0: 50
	InputVars int    `yaml:"input_vars"` // the platform's max_input_vars; 0: PHP's default of 1000
	Student   int    `yaml:"student_role"`
	Teacher   int    `yaml:"teacher_role"`
	Assistant int    `yaml:"assistant_role"`
}

// Zone returns the target's time zone. It is valid once [Load] has succeeded.
func (t Target) Zone() *time.Location { return Sync{TimeZone: t.TimeZone}.Zone() }

// Token returns the web-service token.
func (t Target) Token() (string, error) { return secret("token_file", t.TokenFile) }

// Sync pairs a source with a target.
type Sync struct {
	Client            string `yaml:"client"` // the organisation it belongs to; empty: default
	Source            string `yaml:"source"`
	Target            string `yaml:"target"`
	Terms             Terms  `yaml:"terms"`
	CreateCourses     bool   `yaml:"create_courses"`     // for sections that no course matches
	Groups            string `yaml:"groups"`             // sections that have a group in their course: shared, all or none; empty: shared
	OrientationCourse string `yaml:"orientation_course"` // short name or id number; empty: none
	Provider          string `yaml:"provider"`           // what the SIS calls the platform; sections of others are left out
	TimeZone          string `yaml:"time_zone"`          // IANA name; empty: UTC
	Schedule          string `yaml:"schedule"`           // unix cron, in that zone; "never" for none
	Reconcile         string `yaml:"reconcile"`          // the same for the run that asks for everything; empty: on Sundays
	AsOf              Date   `yaml:"as_of"`              // rehearse as if that day were today

	Brakes       Brakes   `yaml:"brakes"`
	Approvals    int      `yaml:"approvals"`            // people who must approve what is held: 1 or 2; 0: one
	SecondOver   int      `yaml:"second_approval_over"` // a second one for more changes than this; 0: never
	ApprovalDays int      `yaml:"approval_days"`        // how long an approval, or what waits for one, stands; 0: 7
	Freeze       []Freeze `yaml:"freeze"`               // days in which nothing is changed

	Attendance *Attendance `yaml:"attendance"` // none: no attendance is posted
}

// DefaultReconcile is when a sync asks the source for everything that does not
// say: on Sundays.
const DefaultReconcile = "30 3 * * 0"

// DefaultSchedule is when a sync runs that does not say: every hour.
const DefaultSchedule = "0 * * * *"

// Zone returns the sync's time zone. It is valid once [Load] has succeeded.
func (s Sync) Zone() *time.Location {
	if s.TimeZone == "" {
		return time.UTC
	}
	zone, _ := cron.Zone(s.TimeZone)
	return zone
}

// Terms is "all", or a list of term ids.
type Terms []string

// UnmarshalYAML accepts a word or a list.
func (t *Terms) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.Value == "all" {
		*t = nil
		return nil
	}
	var keys []string
	if err := node.Decode(&keys); err != nil || len(keys) == 0 {
		return fault.New(fault.Invalid, "line %d: terms must be the word all, or a list of term ids", node.Line)
	}
	*t = keys
	return nil
}

// Date is a day, or none.
type Date struct{ sis.Date }

// UnmarshalYAML reads 2018-10-01, which YAML itself would call a timestamp.
func (d *Date) UnmarshalYAML(node *yaml.Node) (err error) {
	d.Date, err = sis.ParseDate(node.Value)
	if err != nil {
		return fault.New(fault.Invalid, "line %d: %q is not a day; write it as 2018-10-01", node.Line, node.Value)
	}
	return nil
}

type sayer func(format string, args ...any)

// names are what sources, targets, syncs and clients may be called: they
// become parts of URLs and of lock names.
var names = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,49}$`)

func checkName(at string, say sayer) {
	name := at[len(at)-len(lastPart(at)):]
	if !names.MatchString(name) {
		say("%s: a name is 1 to 50 lower case letters, digits and hyphens", at)
	}
}

func lastPart(at string) string {
	for i := range len(at) {
		if at[i] == '.' {
			return at[i+1:]
		}
	}
	return at
}

func (t Target) validate(at string, say sayer) {
	checkName(at, say)
	switch t.Driver {
	case "moodle":
		t.validateMoodle(at, say)
	case "flat-file":
		t.validateFiles(at, say)
	default:
		say("%s.driver is %q: it must be moodle or flat-file", at, t.Driver)
	}
}

func (t Target) validateFiles(at string, say sayer) {
	if t.Path == "" {
		say("%s.path is missing: name the folder that the files are to be written to", at)
	}
	if t.Format != "" && t.Format != "oneroster" && t.Format != "moodle" {
		say("%s.format is %q: it must be oneroster or moodle", at, t.Format)
	}
	if t.TimeZone != "" {
		if _, err := cron.Zone(t.TimeZone); err != nil {
			say("%s.time_zone: %s", at, oneLine(err))
		}
	}
}

func (t Target) validateMoodle(at string, say sayer) {
	if u, err := url.Parse(t.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		say("%s.url is %q: it must be the address of the site, such as https://lms.example.edu", at, t.URL)
	}
	if t.TokenFile == "" {
		say("%s.token_file is missing: name the file that holds the web-service token", at)
	}
	if t.Batch < 0 || t.Batch > 500 {
		say("%s.batch is %d: it must be 1 to 500", at, t.Batch)
	}
	if t.InputVars != 0 && t.InputVars < 100 {
		say("%s.input_vars is %d: it must be 100 or more, and no more than the platform's max_input_vars", at, t.InputVars)
	}
	if t.Student < 0 || t.Teacher < 0 {
		say("%s.student_role and teacher_role must be ids of roles of the platform", at)
	}
	if t.Assistant < 0 {
		say("%s.assistant_role must be the id of a role of the platform", at)
	}
}

func (s Sync) validate(at string, c Config, say sayer) {
	checkName(at, say)
	if _, ok := c.Sources[s.Source]; !ok {
		say("%s.source is %q: it must name one of the sources (%s)", at, s.Source, list(c.Sources))
	}
	if _, ok := c.Targets[s.Target]; !ok {
		say("%s.target is %q: it must name one of the targets (%s)", at, s.Target, list(c.Targets))
	}
	if s.Client != "" && !names.MatchString(s.Client) {
		say("%s.client is %q: it must be the name of a client", at, s.Client)
	}
	if s.TimeZone != "" {
		if _, err := cron.Zone(s.TimeZone); err != nil {
			say("%s.time_zone: %s", at, oneLine(err))
		}
	}
	if !slices.Contains([]string{"", "shared", "all", "none"}, s.Groups) {
		say("%s.groups is %q: it must be shared, all or none", at, s.Groups)
	}
	s.validatePlans(at, say)
	for setting, when := range map[string]string{"schedule": s.Schedule, "reconcile": s.Reconcile} {
		if when == "" || when == "never" {
			continue
		}
		if _, err := cron.Parse(when); err != nil {
			say("%s.%s: %s", at, setting, oneLine(err))
		}
	}
	if s.Attendance != nil {
		s.Attendance.validate(at+".attendance", c, say)
	}
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
