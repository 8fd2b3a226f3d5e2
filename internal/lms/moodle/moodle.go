// Package moodle writes people, courses and enrolments into a Moodle through
// its web services: it is a [sis.Target].
//
// Moodle's web services need a careful client, and each part of this package
// is the care for one of their habits:
//
//   - Nearly every failure comes with HTTP 200, and without site debugging all
//     mistakes in the data look alike. [Target] reads the body first and the
//     status second (failure.go).
//   - A batch that is too large for PHP is cut off and answered as a success.
//     Batches stay below the limit, and answers are counted (batch.go).
//   - Creating and enrolling are all or nothing, and the bad row is not named.
//     A refused batch is explained by look-ups as far as they go and halved for
//     the rest, until the bad rows stand alone (batch.go).
//   - A call that timed out goes on, and there are no idempotency keys. What
//     was created is read back before anything is created again (users.go,
//     courses.go).
//   - Enrolling resets whatever is left out, so every field is always sent
//     (enrol.go).
//   - It looks before it writes, without a lock: two calls at once create one
//     course twice, or fail each other's batch. Of those who write the same
//     course or person one goes at a time (flights.go).
//   - How fast it is depends on what else it does. A batch has as many rows as
//     it has been seen to write in about a second (pace.go).
//
// The token is sent in the body: addresses end up in the logs of web servers.
package moodle

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Config says which Moodle, and how to write to it. URL and Token are
// required.
type Config struct {
	URL   string // of the site: https://lms.example.edu
	Token string // of a web service user

	Client       *http.Client     // nil: one of our own
	Roles        map[sis.Role]int // role ids of this Moodle; nil: student 5, teacher 3, assistant 4
	Batch        int              // rows per call, at most; zero: 50. Fewer while calls take more than a second
	MaxInputVars int              // of its PHP; zero: 1000, PHP's own default
	Category     string           // id of the category for new courses; empty: the first
	Auth         string           // how new accounts log in; empty: manual, with a mailed password
	Log          *slog.Logger     // nil: none
	Watch        sis.Watch        // is told of each call, by its function; nil: nobody is
}

// A Target is one Moodle.
type Target struct {
	cfg    Config
	client *http.Client
	log    *slog.Logger
	pauses []time.Duration // before a call is tried again

	flights *flights
	pace    *pace

	mu       sync.Mutex
	category string // the first one, once it is known
}

var (
	_ sis.Target   = (*Target)(nil)
	_ sis.Grouper  = (*Target)(nil)
	_ sis.Remover  = (*Target)(nil)
	_ sis.Cohorter = (*Target)(nil)
	_ sis.Rosterer = (*Target)(nil)
)

// timeout is what one call may take. Batches take a second or two; a Moodle
// that is overloaded takes much longer.
const timeout = time.Minute

// New returns the Moodle that cfg describes. It does not call it.
func New(cfg Config) *Target {
	cfg.URL = strings.TrimSuffix(strings.TrimSuffix(cfg.URL, "/"), endpoint)
	cfg.Batch = cmp.Or(cfg.Batch, 50)
	cfg.MaxInputVars = cmp.Or(cfg.MaxInputVars, 1000)
	cfg.Auth = cmp.Or(cfg.Auth, "manual")
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	if cfg.Roles == nil {
		cfg.Roles = map[sis.Role]int{sis.Student: 5, sis.Teacher: 3, sis.Assistant: 4}
	}
	return &Target{
		cfg:      cfg,
		client:   withoutRedirects(cfg.Client),
		log:      cfg.Log,
		pauses:   []time.Duration{500 * time.Millisecond, 2 * time.Second, 8 * time.Second},
		category: cfg.Category,
		flights:  newFlights(),
		pace:     newPace(),
	}
}

// withoutRedirects returns a client that shows a redirect instead of following
// it: following would turn a call into a GET without its body, or hand the
// token to another host.
func withoutRedirects(given *http.Client) *http.Client {
	client := &http.Client{Transport: keepingConnections()}
	if given != nil {
		*client = *given
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// keepingConnections returns a transport that keeps as many connections open
// as are used at a time.
func keepingConnections() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	transport := standard.Clone()
	transport.MaxIdleConnsPerHost = lookers
	return transport
}

// The functions of Moodle that a Target calls.
const (
	siteInfo      = "core_webservice_get_site_info"
	usersByField  = "core_user_get_users_by_field"
	createUsers   = "core_user_create_users"
	updateUsers   = "core_user_update_users"
	coursesBy     = "core_course_get_courses_by_field"
	createCourses = "core_course_create_courses"
	getCategories = "core_course_get_categories"
	enrolUsers    = "enrol_manual_enrol_users"
	unenrolUsers  = "enrol_manual_unenrol_users"
	unassignRoles = "core_role_unassign_roles"
	enrolledUsers = "core_enrol_get_enrolled_users"

	groupsOf         = "core_group_get_course_groups"
	createGroups     = "core_group_create_groups"
	addToGroups      = "core_group_add_group_members"
	removeFromGroups = "core_group_delete_group_members"

	searchCohorts     = "core_cohort_search_cohorts"
	createCohorts     = "core_cohort_create_cohorts"
	addToCohorts      = "core_cohort_add_cohort_members"
	removeFromCohorts = "core_cohort_delete_cohort_members"
)

// needed are the functions without which [Target.Check] fails. Those of
// cohorts are not among them: no sync needs any.
var needed = []string{
	siteInfo, usersByField, createUsers, updateUsers, coursesBy, createCourses, getCategories, enrolUsers, unenrolUsers,
	unassignRoles, enrolledUsers, groupsOf, createGroups, addToGroups, removeFromGroups,
}

// Check implements [sis.Target]. It asks the site what the token may call.
func (t *Target) Check(ctx context.Context) error {
	answer, err := t.call(ctx, siteInfo, nil, repeatable)
	if err != nil {
		return plain(err)
	}
	var site struct {
		Release   string
		Functions []struct{ Name string }
	}
	if err := json.Unmarshal(answer, &site); err != nil || site.Release == "" {
		return capability("The address answers, but not as a Moodle does.")
	}
	offered := map[string]bool{}
	for _, f := range site.Functions {
		offered[f.Name] = true
	}
	if missing := without(needed, offered); len(missing) > 0 {
		return capability("The web service of this Moodle lacks functions that a sync needs. Add them in Site administration → Server → " +
			"Web services → External services: " + strings.Join(missing, ", ") + ".")
	}
	t.log.InfoContext(ctx, "moodle answers", "release", site.Release)
	return nil
}

func without(names []string, known map[string]bool) []string {
	var rest []string
	for _, name := range names {
		if !known[name] {
			rest = append(rest, name)
		}
	}
	return rest
}
