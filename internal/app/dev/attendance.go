package dev

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/attendance"
	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
)

// The demo's attendance: what its students are said to have done, and where
// their minutes are posted.
const (
	demoActivity = "activity.csv"
	demoSink     = "attendance-folder"
	demoZone     = "America/New_York"
	demoDays     = 9               // of activity, yesterday included
	lookForWork  = 2 * time.Second // at what there is in the simulated Moodle
	studentRole  = 5
	studious     = 70 // percent of the students who do something on a day
)

// addAttendance adds attendance to the demo's sync, in dir.
func addAttendance(c *config.Config, dir string) {
	s := c.Syncs[demoSync]
	s.Attendance = &config.Attendance{
		Sink: demoSink, Mode: "sessions", Credit: 5 * time.Minute,
		Activity: config.Activity{Driver: "csv", Path: filepath.Join(dir, demoActivity)},
	}
	c.Syncs[demoSync] = s
	put(&c.Sinks, demoSink, config.Sink{Driver: "csv", Path: filepath.Join(dir, "attendance")})
}

// attend invents what the students of the simulated Moodle did, as soon as
// there are any, and has their attendance collected; afterwards it goes on
// inventing while people come.
func attend(ctx context.Context, site *moodlesim.Site, dir string, rdb redis.UniversalClient, log *slog.Logger) error {
	zone, err := time.LoadLocation(demoZone)
	if err != nil {
		return err
	}
	students, asked := 0, false
	for {
		enrolments := site.Enrolments()
		settled := len(enrolments) == students && students > 0
		if settled && !asked {
			if err := writeActivity(filepath.Join(dir, demoActivity), enrolments, time.Now().In(zone)); err != nil {
				return err
			}
			asked = collectAtOnce(ctx, rdb, log)
		}
		if len(enrolments) != students {
			asked = false
		}
		students = len(enrolments)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookForWork):
		}
	}
}

// collectAtOnce starts the demo's attendance, and reports whether it was taken:
// until a worker has announced its tasks the engine refuses.
func collectAtOnce(ctx context.Context, rdb redis.UniversalClient, log *slog.Logger) bool {
	_, err := engine.New(rdb, log).Enqueue(ctx, job.Request{
		Task: attendance.Collect, Args: []byte(`{"sync":"` + demoSync + `"}`), Owner: "jobctl dev",
	})
	return err == nil
}

// writeActivity writes the activity of the last days, whole or not at all. The
// same students do the same things on the same days.
func writeActivity(path string, enrolments []moodlesim.Enrolment, now time.Time) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"user", "course", "event", "at"}}
	for _, e := range enrolments {
		if len(e.Roles) != 1 || e.Roles[0] != studentRole || e.Status != moodlesim.Active {
			continue
		}
		for back := 1; back <= demoDays; back++ {
			rows = append(rows, doings(e, time.Date(now.Year(), now.Month(), now.Day()-back, 0, 0, 0, 0, now.Location()))...)
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", b.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// doings are what a student does in a course on a day: a handful of posts in
// one sitting, or nothing.
func doings(e moodlesim.Enrolment, day time.Time) (rows [][]string) {
	h := fnv.New32a()
	fmt.Fprint(h, e.User, e.Course, day.Format(time.DateOnly))
	dice := int(h.Sum32())
	if dice%100 >= studious {
		return nil
	}
	at := day.Add(time.Duration(9+dice/100%10) * time.Hour)
	for range 2 + dice/1000%4 {
		rows = append(rows, []string{strconv.Itoa(e.User), strconv.Itoa(e.Course), "post_created", at.Format(time.RFC3339)})
		at = at.Add(time.Duration(5+dice/10000%15) * time.Minute)
	}
	return rows
}
