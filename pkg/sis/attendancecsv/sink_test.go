package attendancecsv_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/attendancecsv"
)

var monday = sis.Date{Year: 2026, Month: 10, Day: 5}

func TestABatchIsAWholeFile(t *testing.T) {
	folder := attendancecsv.Folder{Path: filepath.Join(t.TempDir(), "out")}
	days := []sis.Attendance{
		{ID: "att_1", Section: "S1", Person: "1001", Day: monday.Add(1), Minutes: 50, Zone: "America/New_York"},
		{ID: "att_2", Section: `=cmd()|"x", y`, Person: "-7", Day: monday, Minutes: 0, Correct: true, Zone: "UTC"},
	}
	written, err := folder.Post(t.Context(), days)
	if err != nil {
		t.Fatal(err)
	}
	again, err := folder.Post(t.Context(), days)
	if err != nil || again[1] != written[1] {
		t.Errorf("the same rows again are %v, %v; want %v", again, err, written)
	}
	files, err := os.ReadDir(folder.Path)
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v; want one", files, err)
	}
	if want := files[0].Name() + ":3"; written[1].ID != want || files[0].Name()[:21] != "attendance-2026-10-05" {
		t.Errorf("receipt %s, want %s of the oldest day", written[1].ID, want)
	}
	got, err := os.ReadFile(filepath.Join(folder.Path, files[0].Name()))
	want := "section,person,date,minutes,correction,zone,id\n" +
		"S1,1001,2026-10-06,50,false,America/New_York,att_1\n" +
		"\"'=cmd()|\"\"x\"\", y\",'-7,2026-10-05,0,true,UTC,att_2\n"
	if string(got) != want || err != nil {
		t.Errorf("the file is\n%s, %v; want\n%s", got, err, want)
	}
}

func TestAFolderThatCannotBeWrittenToSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := attendancecsv.Folder{Path: file}
	if folder.Check(t.Context()) == nil {
		t.Error("a file passes for a folder")
	}
	if written, err := folder.Post(t.Context(), make([]sis.Attendance, 1)); err == nil || written[0].Err == nil {
		t.Errorf("posted: %v, %v", written, err)
	}
	if err := (attendancecsv.Folder{Path: t.TempDir()}).Check(t.Context()); err != nil {
		t.Error(err)
	}
}
