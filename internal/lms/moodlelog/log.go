// Package moodlelog reads what people did from the database of a Moodle, with
// an account that may only read: no web service tells it.
//
//	GRANT SELECT ON mdl_logstore_standard_log TO beadle;
//
// An event counts for who did it, through the site or the app. What somebody
// else did to a person (an enrolment, a grade), what a task or a command line
// did, and what an administrator did under a person's name are left out.
package moodlelog

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Log is the log of a Moodle: a [sis.ActivitySource]. It may be used by several
// goroutines at once.
type Log struct {
	DB     *sql.DB
	Prefix string // of Moodle's tables; empty: mdl_

	// Events are the names that are asked for; none: those of [Names].
	Events []string

	// Question makes placeholders ?, as MySQL and MariaDB have them, and not $1.
	Question bool

	Watch sis.Watch // is told of each query: activities, alive; nil: nobody is
}

var _ sis.ActivitySource = Log{}

// Names are the names of Moodle's own events, by ours where ours differ.
// Moodle's are a backslash, a component, "event" and a name: it is the name
// that counts.
var Names = map[string]string{"message_to_teacher": "message_sent"}

// prefixes are what tables may begin with: it becomes part of a query.
var prefixes = regexp.MustCompile(`^[A-Za-z0-9_]{0,20}$`)

func (l Log) table() (string, error) {
	prefix := l.Prefix
	if prefix == "" {
		prefix = "mdl_"
	}
	if !prefixes.MatchString(prefix) {
		return "", &sis.Error{Code: "CONFIG_INVALID", Message: "The prefix of Moodle's tables must be letters, digits and underscores"}
	}
	return prefix + "logstore_standard_log", nil
}

// own is what a person did themselves.
const own = `userid > 0 AND anonymous = 0 AND origin IN ('web', 'ws') AND realuserid IS NULL`

// Activities implements [sis.ActivitySource].
func (l Log) Activities(ctx context.Context, course string, from, to time.Time, emit func(sis.Activity) error) error {
	id, err := strconv.ParseInt(course, 10, 64)
	if err != nil {
		return &sis.Error{Code: "COURSE_GONE", Message: "The course's id is none of Moodle's"}
	}
	var stopped error // by emit, which is not about the database
	ended := l.Watch.Begin(ctx, "activities")
	err = l.activities(ctx, id, from, to, func(a sis.Activity) error {
		a.Course = course
		stopped = emit(a)
		return stopped
	})
	if stopped != nil {
		ended(nil)
	} else {
		ended(err)
	}
	return err
}

func (l Log) activities(ctx context.Context, course int64, from, to time.Time, emit func(sis.Activity) error) error {
	table, err := l.table()
	if err != nil {
		return err
	}
	events := l.asked()
	args := []any{course, from.Unix(), to.Unix()}
	for _, e := range events {
		args = append(args, `%\event\`+e)
	}
	rows, err := l.DB.QueryContext(ctx, l.placed(`SELECT userid, eventname, timecreated FROM `+table+`
		WHERE courseid = ? AND `+own+` AND timecreated >= ? AND timecreated < ?`+matching(len(events))+` ORDER BY timecreated, id`), args...)
	if err != nil {
		return unreadable(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var user, at int64
		var event string
		if err := rows.Scan(&user, &event, &at); err != nil {
			return unreadable(ctx, err)
		}
		a := sis.Activity{User: strconv.FormatInt(user, 10), Event: nameOf(event), At: time.Unix(at, 0).UTC()}
		if err := emit(a); err != nil {
			return err
		}
	}
	return unreadable(ctx, rows.Err())
}

// asked are Moodle's names of the events.
func (l Log) asked() []string {
	names := slices.Clone(l.Events)
	for i, name := range names {
		if theirs, ok := Names[name]; ok {
			names[i] = theirs
		}
	}
	return names
}

// nameOf returns the name of an event as the rules know it.
func nameOf(event string) string {
	name := event[strings.LastIndex(event, `\`)+1:]
	for _, ours := range slices.Sorted(maps.Keys(Names)) {
		if Names[ours] == name {
			return ours
		}
	}
	return name
}

// matching is a condition on as many patterns of events; none: no condition.
// The escape is not a backslash, which stands in the patterns.
func matching(n int) string {
	if n == 0 {
		return ""
	}
	return ` AND (` + strings.TrimSuffix(strings.Repeat(`eventname LIKE ? ESCAPE '!' OR `, n), ` OR `) + `)`
}

// Alive implements [sis.ActivitySource]. What tasks did counts too: it shows
// that the log is written.
func (l Log) Alive(ctx context.Context, from, to time.Time) (bool, error) {
	table, err := l.table()
	if err != nil {
		return false, err
	}
	ended := l.Watch.Begin(ctx, "alive")
	var any int
	err = l.DB.QueryRowContext(ctx, l.placed(`SELECT COUNT(*) FROM (SELECT 1 AS one FROM `+table+`
		WHERE timecreated >= ? AND timecreated < ? AND origin IN ('web', 'ws') LIMIT 1) AS found`), from.Unix(), to.Unix()).Scan(&any)
	err = unreadable(ctx, err)
	ended(err)
	return any > 0, err
}

// placed numbers the placeholders of a query where the database wants it.
func (l Log) placed(query string) string {
	if l.Question {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r == '?' {
			n++
			fmt.Fprintf(&b, "$%d", n)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func unreadable(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return &sis.Error{Code: "SRC_UNAVAILABLE", Message: "The log of Moodle cannot be read: its database does not answer, or does not let us", Temporary: true, Err: err}
}
