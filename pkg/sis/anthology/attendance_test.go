package anthology_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/beadle-jobs/beadle/internal/campus/anthologysim"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/anthology"
)

// register returns a register and the SIS behind it, in which p1 is in s1.
func register(t *testing.T) (anthology.Register, *anthologysim.Server) {
	sim := anthologysim.New(anthologysim.Options{Token: "secret"})
	sim.Put(sis.Record{Registration: &sis.Registration{Key: "e", Section: "s1", Person: "p1", Role: sis.Student}})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	r, err := anthology.NewRegister(anthology.Config{URL: server.URL, Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	return r, sim
}

func attendance(person string, minutes int, correct bool) sis.Attendance {
	return sis.Attendance{
		ID: "att_1", Section: "s1", Person: person, Day: sis.Date{Year: 2026, Month: 10, Day: 5}, Minutes: minutes, Correct: correct, Zone: "UTC",
	}
}

func TestADayIsPostedAndCorrected(t *testing.T) {
	r, sim := register(t)
	if err := r.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		post sis.Attendance
		code string
	}{
		{attendance("p1", 50, false), ""},
		{attendance("p1", 60, false), "ATT_EXISTS"},
		{attendance("p1", 0, true), ""},
		{attendance("p2", 50, false), "ATT_OUTSIDE_ENROLMENT"},
		{attendance("p1", -1, true), "ROW_MALFORMED"},
	} {
		written, err := r.Post(t.Context(), []sis.Attendance{test.post})
		if err != nil {
			t.Fatal(err)
		}
		said, _ := errors.AsType[*sis.Error](written[0].Err)
		if said == nil != (test.code == "") || said != nil && said.Code != test.code {
			t.Errorf("%d minutes of %s: %v, want %s", test.post.Minutes, test.post.Person, written[0].Err, test.code)
		}
	}
	if held := sim.Attendance(); len(held) != 1 || held[0].MinutesAttended != 0 || held[0].Updates != 1 {
		t.Errorf("the SIS has %+v, want one row that was corrected once", held)
	}
}

func TestAPostWithoutAnAnswerIsNotRepeated(t *testing.T) {
	for name, test := range map[string]struct {
		fault anthologysim.Fault
		code  string
	}{
		"an answer that breaks off": {anthologysim.Fault{Cut: true}, "ATT_UNKNOWN"},
		"an error of the server":    {anthologysim.Fault{Status: http.StatusInternalServerError}, "ATT_UNKNOWN"},
		"a server that is closed":   {anthologysim.Fault{Status: http.StatusServiceUnavailable}, "SRC_UNAVAILABLE"},
	} {
		r, sim := register(t)
		sim.Fail(test.fault)
		written, err := r.Post(t.Context(), []sis.Attendance{attendance("p1", 50, false)})
		said, _ := errors.AsType[*sis.Error](err)
		if said == nil || said.Code != test.code {
			t.Errorf("%s: %v, want %s", name, err, test.code)
		}
		if item, ok := errors.AsType[*sis.Error](written[0].Err); !test.fault.Cut && (!ok || item.Code != test.code) {
			t.Errorf("%s: the item says %v", name, written[0].Err)
		}
		if held := sim.Attendance(); len(held) > 1 || len(held) == 1 && held[0].Updates > 0 {
			t.Errorf("%s: the SIS has %+v", name, held)
		}
	}
}
