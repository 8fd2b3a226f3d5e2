package activitycsv_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/activitycsv"
)

var noon = time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)

func file(t testing.TB, text string) activitycsv.File {
	path := filepath.Join(t.TempDir(), "activity.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return activitycsv.File{Path: path}
}

func TestAFileTellsTheActivityOfACourse(t *testing.T) {
	f := file(t, "\ufeffat,user,course,event\n2026-10-05T12:30:00Z,7,3,post_created\n2026-10-05T14:00:00+02:00,8,3,attempt_submitted\n"+
		"2026-10-05T12:10:00Z,7,4,post_created\n2026-10-05T13:00:00Z,7,3,post_created\n")
	var did []string
	err := f.Activities(t.Context(), "3", noon, noon.Add(time.Hour), func(a sis.Activity) error {
		did = append(did, a.User+" "+a.Event)
		return nil
	})
	if diff := cmp.Diff([]string{"8 attempt_submitted", "7 post_created"}, did); diff != "" || err != nil {
		t.Errorf("activity (-want +got), %v:\n%s", err, diff)
	}
	for from, want := range map[time.Time]bool{noon: true, noon.Add(2 * time.Hour): false} {
		if alive, err := f.Alive(t.Context(), from, from.Add(time.Hour)); alive != want || err != nil {
			t.Errorf("alive from %v is %v, %v", from, alive, err)
		}
	}
}

func TestAFileThatCannotBeReadTellsNothing(t *testing.T) {
	for text, code := range map[string]string{
		"":                            "ROW_MALFORMED",
		"user,course,at\n":            "SRC_SCHEMA",
		"user,course,event,at\n1,2\n": "ROW_MALFORMED",
		"user,course,event,at\n7,3,post_created,2026-10-05T12:30:00Z\n7,3,x,05/10/2026\n": "ROW_MALFORMED",
	} {
		err := file(t, text).Activities(t.Context(), "3", noon, noon.Add(time.Hour), func(sis.Activity) error {
			t.Errorf("%q tells something", text)
			return nil
		})
		if said, ok := errors.AsType[*sis.Error](err); !ok || said.Code != code {
			t.Errorf("%q: %v, want %s", text, err, code)
		}
	}
	if _, err := (activitycsv.File{Path: "nowhere"}).Alive(t.Context(), noon, noon); err == nil {
		t.Error("a missing file is alive")
	}
}

func FuzzFile(f *testing.F) {
	f.Add("user,course,event,at\n7,3,post_created,2026-10-05T12:30:00Z\n")
	f.Add("\ufeffuser")
	f.Fuzz(func(t *testing.T, text string) {
		_ = file(t, text).Activities(t.Context(), "3", noon, noon.Add(time.Hour), func(a sis.Activity) error {
			if a.Course != "3" || a.At.Before(noon) {
				t.Errorf("%+v was not asked for", a)
			}
			return nil
		})
	})
}
