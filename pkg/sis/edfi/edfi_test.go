package edfi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/edfi"
)

type record = map[string]any

// A service is an Ed-Fi service as far as attendance goes: an upsert on the
// natural key, of which the category is a part.
type service struct {
	events []record
	next   int
	tokens int  // given out
	stale  bool // the next call finds its token refused
	fail   int  // status of the next post
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	switch {
	case r.URL.Path == "/oauth/token" && user == "client" && password == "secret":
		s.tokens++
		fmt.Fprintf(w, `{"access_token":"t%d","expires_in":1800}`, s.tokens)
	case r.URL.Path == "/oauth/token":
		w.WriteHeader(http.StatusUnauthorized)
	case s.stale || r.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", s.tokens):
		s.stale = false
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodGet:
		json.NewEncoder(w).Encode(s.find(r))
	case r.Method == http.MethodDelete:
		s.events = slices.DeleteFunc(s.events, func(e record) bool {
			return r.URL.Path == "/data/v3/ed-fi/studentSectionAttendanceEvents/"+e["id"].(string)
		})
		w.WriteHeader(http.StatusNoContent)
	case s.fail != 0:
		w.WriteHeader(s.fail)
		s.fail = 0
	default:
		s.upsert(w, r)
	}
}

func (s *service) find(r *http.Request) []record {
	found := []record{}
	for _, e := range s.events {
		section, student := e["sectionReference"].(record), e["studentReference"].(record)
		q := r.URL.Query()
		if q.Has("limit") || fmt.Sprintf("%.0f", section["schoolId"]) == q.Get("schoolId") && section["sectionIdentifier"] == q.Get("sectionIdentifier") &&
			section["sessionName"] == q.Get("sessionName") && student["studentUniqueId"] == q.Get("studentUniqueId") && e["eventDate"] == q.Get("eventDate") {
			found = append(found, e)
		}
	}
	return found
}

func (s *service) upsert(w http.ResponseWriter, r *http.Request) {
	var e record
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	key := func(e record) string {
		return fmt.Sprint(e["attendanceEventCategoryDescriptor"], e["eventDate"], e["sectionReference"], e["studentReference"])
	}
	s.next++
	e["id"] = fmt.Sprintf("e%d", s.next)
	s.events = append(slices.DeleteFunc(s.events, func(old record) bool { return key(old) == key(e) }), e)
	w.WriteHeader(http.StatusCreated)
}

func start(t *testing.T, s *service, secret string) *edfi.Sink {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	sink, err := edfi.New(edfi.Config{URL: server.URL + "/data/v3", ClientID: "client", ClientSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

func day(minutes int, correct bool) sis.Attendance {
	return sis.Attendance{
		ID: "att_1", Section: "ALG-1|255901001|2027|25590100102|2026-2027 Fall", Person: "604822",
		Day: sis.Date{Year: 2026, Month: 10, Day: 5}, Minutes: minutes, Correct: correct, Zone: "America/Chicago",
	}
}

// code is what an error says.
func code(err error) string {
	if said, ok := errors.AsType[*sis.Error](err); ok {
		return said.Code
	}
	return fmt.Sprint(err)
}

func TestTheCategoryIsPartOfTheKey(t *testing.T) {
	s := &service{}
	sink := start(t, s, "secret")
	for _, step := range []struct {
		minutes  int
		category string
	}{{50, "In Attendance"}, {60, "In Attendance"}, {0, "Unexcused Absence"}, {20, "In Attendance"}} {
		written, err := sink.Post(t.Context(), []sis.Attendance{day(step.minutes, len(s.events) > 0)})
		if err != nil || written[0].Err != nil {
			t.Fatal(err, written)
		}
		if len(s.events) != 1 || s.events[0]["attendanceEventCategoryDescriptor"] != "uri://ed-fi.org/AttendanceEventCategoryDescriptor#"+step.category ||
			fmt.Sprint(s.events[0]["sectionAttendanceDuration"]) != fmt.Sprint(step.minutes) {
			t.Errorf("after %d minutes the service has %v", step.minutes, s.events)
		}
		found, err := sink.Attendance(t.Context(), []sis.Attendance{day(0, false)})
		if diff := cmp.Diff([]sis.Attendance{day(step.minutes, false)}, found); diff != "" || err != nil {
			t.Errorf("read back (-want +got), %v:\n%s", err, diff)
		}
	}
}

func TestWhatIsThereAlreadyStays(t *testing.T) {
	s := &service{}
	sink := start(t, s, "secret")
	if _, err := sink.Post(t.Context(), []sis.Attendance{day(50, false)}); err != nil {
		t.Fatal(err)
	}
	written, err := sink.Post(t.Context(), []sis.Attendance{day(0, false)})
	if err != nil || code(written[0].Err) != "ATT_EXISTS" || len(s.events) != 1 {
		t.Errorf("posted %v, %v; the service has %v", written, err, s.events)
	}
}

func TestWhatGoesWrong(t *testing.T) {
	t.Run("a token that is refused is fetched anew, once", func(t *testing.T) {
		s := &service{}
		sink := start(t, s, "secret")
		if err := sink.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.stale = true
		if err := sink.Check(t.Context()); err != nil || s.tokens != 2 {
			t.Errorf("%v with %d tokens", err, s.tokens)
		}
	})
	t.Run("wrong credentials", func(t *testing.T) {
		if err := start(t, &service{}, "wrong").Check(t.Context()); code(err) != "TGT_AUTH" {
			t.Error(err)
		}
	})
	t.Run("a section's key of another kind", func(t *testing.T) {
		a := day(50, false)
		a.Section = "BIO-101"
		written, err := start(t, &service{}, "secret").Post(t.Context(), []sis.Attendance{a})
		if err != nil || code(written[0].Err) != "REF_SECTION" {
			t.Error(written, err)
		}
	})
	t.Run("a server that breaks in a post may have done it, and the rest is not tried", func(t *testing.T) {
		s := &service{fail: http.StatusInternalServerError}
		written, err := start(t, s, "secret").Post(t.Context(), []sis.Attendance{day(50, false), day(60, true)})
		if err == nil || code(written[0].Err) != "ATT_UNKNOWN" || code(written[1].Err) != "TGT_UNAVAILABLE" || len(s.events) != 0 {
			t.Error(written, err)
		}
	})
	t.Run("a student that the service does not know", func(t *testing.T) {
		written, err := start(t, &service{fail: http.StatusConflict}, "secret").Post(t.Context(), []sis.Attendance{day(50, false)})
		if err != nil || code(written[0].Err) != "ROW_MALFORMED" {
			t.Error(written, err)
		}
	})
}
