package builtin

import (
	"cmp"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/attendance"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/lms/moodlelog"
	"github.com/beadle-jobs/beadle/internal/notify"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/activitycsv"
	"github.com/beadle-jobs/beadle/pkg/sis/anthology"
	"github.com/beadle-jobs/beadle/pkg/sis/attendancecsv"
	"github.com/beadle-jobs/beadle/pkg/sis/edfi"
	"github.com/beadle-jobs/beadle/pkg/sis/webhook"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// attending returns the tasks that post attendance, or none if no sync does.
func attending(c config.Config, l *ledger.Ledger, targets map[string]sis.Target, watch worker.Watch, log *slog.Logger) ([]tasks.Task, error) {
	var syncs []attendance.Sync
	for _, name := range slices.Sorted(maps.Keys(c.Syncs)) {
		if c.Syncs[name].Attendance == nil {
			continue
		}
		s, err := attended(name, c, l, targets, watch, log)
		if err != nil {
			return nil, err
		}
		syncs = append(syncs, s)
	}
	if len(syncs) == 0 {
		return nil, nil
	}
	return attendance.New(attendance.Config{Store: l, Syncs: syncs, Log: log}), nil
}

func attended(name string, c config.Config, l *ledger.Ledger, targets map[string]sis.Target, watch worker.Watch, log *slog.Logger) (attendance.Sync, error) {
	a := *c.Syncs[name].Attendance
	s := attendance.Sync{
		Sync: syncOf(name, c.Syncs[name]), Rules: rules(a),
		Schedule: cmp.Or(a.Schedule, config.DefaultAttendanceSchedule), Finality: a.Finality, Delay: a.Delay,
		Absences: a.Absences, Overwrite: a.Overwrite, Brake: attendance.Brake(a.Brake),
	}
	if s.Schedule == "never" {
		s.Schedule = ""
	}
	var err error
	if s.Activity, err = activityOf(name, a, l, targets[c.Syncs[name].Target], watch("source", name)); err != nil {
		return s, err
	}
	s.Sink, err = sinkOf(c.Sinks[a.Sink], c, watch("sink", a.Sink), log.With("sink", a.Sink))
	return s, err
}

func rules(a config.Attendance) attendance.Rules {
	return attendance.Rules{
		Mode: attendance.Mode(a.Mode), Weights: a.Weights, Multiplier: a.Thousandths(), Min: a.Min, Cap: a.Cap, CapAll: a.CapAll,
		Gap: a.Gap, Credit: a.Credit, Scheduled: a.Scheduled,
	}
}

// activityOf returns where it is known from what the students of a sync do.
// Nothing is called or opened yet.
func activityOf(name string, a config.Attendance, l *ledger.Ledger, lms sis.Target, watch sis.Watch) (sis.ActivitySource, error) {
	switch a.Activity.Driver {
	case "csv":
		return activitycsv.File{Path: a.Activity.Path}, nil
	case "moodle-log":
		return moodleLog(a, watch)
	}
	seer, ok := lms.(sis.LastSeer)
	if !ok {
		return nil, fault.New(fault.Invalid, "syncs.%s.attendance.activity: the target does not tell when people were in a course last; use another driver.", name)
	}
	return attendance.Sightings{Sync: name, LMS: seer, Store: l}, nil
}

func moodleLog(a config.Attendance, watch sis.Watch) (sis.ActivitySource, error) {
	address, err := a.Activity.Address()
	if err != nil {
		return nil, err
	}
	driver := map[string]string{"postgres": "pgx", "mysql": "mysql"}[a.Activity.Database]
	if driver == "mysql" {
		if _, err := mysql.ParseDSN(address); err != nil {
			return nil, fault.New(fault.Invalid, "The address of Moodle's database is not one; write it as reader:password@tcp(db.example.edu:3306)/moodle.").Because(err)
		}
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The address of Moodle's database is not one; write it as postgres://reader:password@db.example.edu/moodle.").Because(err)
	}
	db.SetMaxOpenConns(2)
	db.SetConnMaxIdleTime(time.Minute)
	return moodlelog.Log{DB: db, Prefix: a.Activity.Prefix, Events: rules(a).Names(), Question: driver == "mysql", Watch: watch}, nil
}

// sinkOf returns where attendance is posted. Nothing is called yet.
func sinkOf(s config.Sink, c config.Config, watch sis.Watch, log *slog.Logger) (sis.Sink, error) {
	switch s.Driver {
	case "csv":
		return attendancecsv.Folder{Path: s.Path}, nil
	case "anthology":
		return registerOf(s, watch, log)
	case "ed-fi":
		secret, err := s.ClientSecret()
		if err != nil {
			return nil, err
		}
		return edfi.New(edfi.Config{
			URL: s.URL, TokenURL: s.TokenURL, ClientID: s.ClientID, ClientSecret: secret, Separator: s.Separator, Present: s.Present, Absent: s.Absent, Watch: watch,
		})
	case "webhook":
		secret, err := s.Secret()
		if err != nil {
			return nil, err
		}
		guard := notify.Guard{Allow: c.Notify.Private(), Ports: c.Notify.Ports}
		return webhook.New(webhook.Config{URL: s.URL, Secret: secret, Client: guard.Client(), Watch: watch})
	}
	return nil, fmt.Errorf("no driver %q", s.Driver) // the settings are valid
}

func registerOf(s config.Sink, watch sis.Watch, log *slog.Logger) (sis.Sink, error) {
	token, err := s.Token()
	if err != nil {
		return nil, err
	}
	password, err := s.Password()
	if err != nil {
		return nil, err
	}
	return anthology.NewRegister(anthology.Config{URL: s.URL, Token: token, User: s.User, Password: password, Paths: s.Paths, Fields: s.Fields, Log: log, Watch: watch})
}
