package anthologysim_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/anthologysim"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// post posts attendance and returns the result of each item.
func post(t *testing.T, sim *anthologysim.Server, posts ...anthologysim.Fields) (results []string) {
	t.Helper()
	body, err := json.Marshal(anthologysim.Fields{"Attendances": posts})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/PostAttendance", bytes.NewReader(body))
	request.Header.Set("Authorization", "Bearer secret")
	answer := httptest.NewRecorder()
	sim.ServeHTTP(answer, request)
	var said struct {
		Messages []struct{ Status, Result string }
	}
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil || answer.Code != http.StatusOK {
		t.Fatalf("status %d, %v", answer.Code, err)
	}
	for _, m := range said.Messages {
		results = append(results, m.Status+m.Result)
	}
	return results
}

func TestADayIsPostedOnceUnlessItIsToBeUpdated(t *testing.T) {
	sim := anthologysim.New(anthologysim.Options{Token: "secret"})
	sim.Put(sis.Record{Registration: &sis.Registration{Key: "e", Section: "s1", Person: "p1", Role: sis.Student}})
	day := anthologysim.Fields{"StudentId": "p1", "CourseSectionId": "s1", "AttendanceDate": "2026-10-05T00:00:00", "MinutesAttended": 50}
	with := func(name string, value any) anthologysim.Fields {
		fields := maps.Clone(day)
		fields[name] = value
		return fields
	}

	got := post(t, sim, day, day, with("MinutesAttended", -1), with("StudentId", "p2"), with("AttendanceDate", "05/10/2026"))

	want := []string{"OK", "ERRORATTENDANCE_EXISTS", "ERRORINVALID_MINUTES", "ERRORNOT_REGISTERED", "ERRORINVALID_DATE"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	update := with("MinutesAttended", 60)
	update["UpdateExistingAttendance"] = true
	if got := post(t, sim, update); got[0] != "OK" {
		t.Errorf("the update: %s", got[0])
	}
	held := []anthologysim.Attendance{{
		StudentID: "p1", CourseSectionID: "s1", Day: sis.Date{Year: 2026, Month: 10, Day: 5}, MinutesAttended: 60, Updates: 1,
	}}
	if diff := cmp.Diff(held, sim.Attendance()); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

func TestStrangersAreNotAnswered(t *testing.T) {
	sim := anthologysim.New(anthologysim.Options{Token: "secret", User: "beadle", Password: "pass"})
	for name, header := range map[string]string{"nobody": "", "another token": "Bearer x", "another password": "Basic YmVhZGxlOng="} {
		request := httptest.NewRequest(http.MethodPost, "/GetTerms", bytes.NewReader([]byte("{}")))
		request.Header.Set("Authorization", header)
		answer := httptest.NewRecorder()
		sim.ServeHTTP(answer, request)
		if answer.Code != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, answer.Code)
		}
	}
}
