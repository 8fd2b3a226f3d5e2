package logs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beadle-jobs/beadle/internal/logs"
)

// A thing is what lines are about.
type thing string

func (t thing) LogAttrs() []slog.Attr { return []slog.Attr{slog.String("thing", string(t))} }

func TestALineSaysWhatItsContextIsAbout(t *testing.T) {
	var out bytes.Buffer
	log := logs.New(&out, slog.LevelInfo)
	about := logs.About(context.Background(), thing("job 1"))
	log.With("source", "sis").InfoContext(about, "asking again", "after", time.Second)
	log.InfoContext(logs.About(about, nil), "ready")
	log.Info("served")
	var lines []map[string]any
	for d := json.NewDecoder(&out); d.More(); {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatalf("a line is no JSON: %v", err)
		}
		lines = append(lines, line)
	}
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	if got := lines[0]; got["thing"] != "job 1" || got["source"] != "sis" || got["msg"] != "asking again" || got["after"] != "1s" {
		t.Errorf("the line is %v", got)
	}
	for _, line := range lines[1:] {
		if line["thing"] != nil {
			t.Errorf("the line is about something: %v", line)
		}
	}
}

func TestTheLevelOfALoggerCanBeChanged(t *testing.T) {
	var out bytes.Buffer
	log := logs.New(&out, slog.LevelInfo).With("worker", "w")
	log.Debug("too much")
	logs.LevelOf(log).Set(slog.LevelDebug, time.Now().Add(time.Hour))
	log.Debug("asked for")
	if got := out.String(); strings.Contains(got, "too much") || !strings.Contains(got, "asked for") {
		t.Errorf("the log is %s", got)
	}
}

func TestALevelGoesBackByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := logs.NewLevel(slog.LevelInfo)
		is := func(want slog.Level) {
			t.Helper()
			synctest.Wait()
			if got := l.Level(); got != want {
				t.Errorf("after %s it is %s, want %s", time.Since(begin), got, want)
			}
		}
		begin = time.Now()
		l.Set(slog.LevelDebug, begin.Add(10*time.Minute))
		is(slog.LevelDebug)
		time.Sleep(9 * time.Minute)
		l.Set(slog.LevelWarn, begin.Add(20*time.Minute)) // the end of the first change is not that of the second
		time.Sleep(2 * time.Minute)
		is(slog.LevelWarn)
		time.Sleep(9 * time.Minute)
		is(slog.LevelInfo)
		l.Set(slog.LevelError, time.Now().Add(time.Hour))
		l.Set(slog.LevelError, time.Now())
		is(slog.LevelInfo)
		if until := l.Until(); !until.IsZero() {
			t.Errorf("it is to go back at %s", until)
		}
	})
}

// begin is when a test began.
var begin time.Time
