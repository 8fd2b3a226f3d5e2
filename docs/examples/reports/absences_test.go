package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/beadle-jobs/beadle/pkg/tasks/taskstest"
)

func TestCountsMissedDaysAndNamesRowsThatAreWrong(t *testing.T) {
	dir := t.TempDir()
	args := Args{File: filepath.Join(dir, "days.csv"), Report: filepath.Join(dir, "report.csv"), Least: 10}
	days := "student,day,minutes\nanna,2026-11-02,0\nanna,2026-11-03,9\nben,2026-11-02,soon\nben,2026-11-03,45\n"
	if err := os.WriteFile(args.File, []byte(days), 0o600); err != nil {
		t.Fatal(err)
	}
	got := taskstest.Run(t, Absences, args)
	if got.Err != nil || len(got.Errors) != 1 || got.Errors[0].Code != "BAD_MINUTES" {
		t.Errorf("it returned %v with errors %+v", got.Err, got.Errors)
	}
	if report, err := os.ReadFile(args.Report); err != nil || string(report) != "anna,2\n" {
		t.Errorf("the report is %q, %v", report, err)
	}
}

func TestAFileThatIsNotThereFailsTheJobAtOnce(t *testing.T) {
	got := taskstest.Run(t, Absences, Args{File: "nowhere.csv", Report: "report.csv"})
	if got.Err == nil {
		t.Error("a report was made of nothing")
	}
}
