package moodlelog_test

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/beadle-jobs/beadle/internal/lms/moodlelog"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestMain(m *testing.M) { testservers.Main(m) }

// The columns of Moodle's own table, as far as they matter.
const schema = `CREATE TABLE mdl_logstore_standard_log (
	id BIGSERIAL PRIMARY KEY, eventname VARCHAR(255) NOT NULL, courseid BIGINT, userid BIGINT NOT NULL, relateduserid BIGINT,
	anonymous SMALLINT NOT NULL DEFAULT 0, origin VARCHAR(10), realuserid BIGINT, timecreated BIGINT NOT NULL)`

var noon = time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)

// made is a log in which user 7 does all sorts of things in course 3 at noon,
// and others do things to them.
func made(t *testing.T) *sql.DB {
	db, err := sql.Open("pgx", testservers.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(schema)
	add := func(event string, course, user int, origin string, realUser any, at time.Time) {
		exec(`INSERT INTO mdl_logstore_standard_log (eventname, courseid, userid, relateduserid, origin, realuserid, timecreated) VALUES ($1, $2, $3, 7, $4, $5, $6)`,
			event, course, user, origin, realUser, at.Unix())
	}
	add(`\mod_quiz\event\attempt_submitted`, 3, 7, "web", nil, noon)
	add(`\mod_forum\event\post_created`, 3, 7, "ws", nil, noon.Add(time.Minute))
	add(`\core\event\course_viewed`, 3, 7, "web", nil, noon.Add(2*time.Minute))
	add(`\core\event\message_sent`, 3, 7, "web", nil, noon.Add(3*time.Minute))
	add(`\core\event\user_enrolment_created`, 3, 2, "ws", nil, noon)
	add(`\mod_forum\event\post_created`, 3, 7, "web", 2, noon)
	add(`\mod_forum\event\post_created`, 3, 7, "cli", nil, noon)
	add(`\mod_forum\event\post_created`, 4, 7, "web", nil, noon)
	add(`\mod_forum\event\post_created`, 3, 7, "web", nil, noon.Add(24*time.Hour))
	add(`\mod_x\event\apost_created`, 3, 7, "web", nil, noon)
	return db
}

func TestTheLogTellsWhatPeopleDidThemselves(t *testing.T) {
	db := made(t)
	read := func(log moodlelog.Log) (did []string) {
		t.Helper()
		err := log.Activities(t.Context(), "3", noon, noon.Add(time.Hour), func(a sis.Activity) error {
			did = append(did, a.User+" "+a.Event+a.At.Format(" 15:04"))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return did
	}
	asked := moodlelog.Log{DB: db, Events: []string{"attempt_submitted", "post_created", "message_to_teacher"}}
	if diff := cmp.Diff([]string{"7 attempt_submitted 12:00", "7 post_created 12:01", "7 message_to_teacher 12:03"}, read(asked)); diff != "" {
		t.Errorf("what was asked for (-want +got):\n%s", diff)
	}
	all := []string{"7 attempt_submitted 12:00", "2 user_enrolment_created 12:00", "7 apost_created 12:00", "7 post_created 12:01", "7 course_viewed 12:02", "7 message_to_teacher 12:03"}
	if diff := cmp.Diff(all, read(moodlelog.Log{DB: db})); diff != "" {
		t.Errorf("everything (-want +got):\n%s", diff)
	}
}

func TestASilentLogIsToldFromAQuietCourse(t *testing.T) {
	log := moodlelog.Log{DB: made(t)}
	for day, want := range map[time.Time]bool{noon.AddDate(0, 0, -1): false, noon: true, noon.AddDate(0, 0, 1): true, noon.AddDate(0, 0, 2): false} {
		start := day.Truncate(24 * time.Hour)
		if got, err := log.Alive(t.Context(), start, start.AddDate(0, 0, 1)); got != want || err != nil {
			t.Errorf("alive on %s is %v, %v", start.Format(time.DateOnly), got, err)
		}
	}
}

func TestALogThatCannotBeReadIsAnError(t *testing.T) {
	none := func(sis.Activity) error { return nil }
	for name, test := range map[string]struct {
		log    moodlelog.Log
		course string
		code   string
	}{
		"no such table":            {moodlelog.Log{DB: made(t), Prefix: "m2_"}, "3", "SRC_UNAVAILABLE"},
		"a prefix that is a query": {moodlelog.Log{Prefix: "x; DROP"}, "3", "CONFIG_INVALID"},
		"a course of another kind": {moodlelog.Log{}, "c-3", "COURSE_GONE"},
	} {
		err := test.log.Activities(t.Context(), test.course, noon, noon, none)
		if said, ok := errors.AsType[*sis.Error](err); !ok || said.Code != test.code {
			t.Errorf("%s: %v, want %s", name, err, test.code)
		}
	}
}
