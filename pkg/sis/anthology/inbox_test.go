package anthology_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/anthologysim"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/anthology"
)

// pull pulls a stream to its end.
func pull(t testing.TB, in *anthology.Inbox, stream sis.Stream, terms ...string) []sis.Record {
	t.Helper()
	all, err := pulled(t.Context(), in, sis.Request{Stream: stream, Terms: terms})
	if err != nil {
		t.Fatalf("pull %s: %v", stream, err)
	}
	return all
}

func pulled(ctx context.Context, in *anthology.Inbox, r sis.Request) (all []sis.Record, err error) {
	_, err = in.Pull(ctx, r, func(r sis.Record) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

// only returns the one record that a message makes.
func only(t testing.TB, queue string, stream sis.Stream, message anthologysim.Fields) sis.Record {
	t.Helper()
	sim, server := simulated(t, anthologysim.Options{Token: "secret"})
	sim.Add(queue, message)
	all := pull(t, inbox(t, anthology.Config{URL: server.URL, Token: "secret"}), stream)
	if len(all) != 1 {
		t.Fatalf("%d records, want one: %+v", len(all), all)
	}
	return all[0]
}

func TestAMessageComesAgainUntilItIsAcknowledged(t *testing.T) {
	sim, server := simulated(t, anthologysim.Options{User: "beadle", Password: "secret"})
	in := inbox(t, anthology.Config{URL: server.URL, User: "beadle", Password: "secret", Batch: 2})
	var receipts []sis.Receipt
	for _, person := range []string{"1001", "1002", "1003"} {
		id := sim.Put(sis.Record{Registration: &sis.Registration{Key: "dc" + person, Section: "88", Person: person, Role: sis.Student}})
		receipts = append(receipts, sis.Receipt{Stream: sis.Registrations, ID: id})
	}
	receipts[1].Refused, receipts[1].Code, receipts[1].Message = true, "REF_PERSON", "The person is not known."

	for range 2 {
		if got := pull(t, in, sis.Registrations); len(got) != 3 || got[1].Receipt != receipts[1].ID {
			t.Fatalf("records = %+v, want the three that wait", got)
		}
	}
	written, err := in.Acknowledge(t.Context(), receipts[:2])
	if err != nil || written[0].Err != nil || written[1].Err != nil {
		t.Fatalf("acknowledged: %+v, %v", written, err)
	}
	if got := pull(t, in, sis.Registrations); len(got) != 1 || got[0].Registration.Person != "1003" {
		t.Errorf("records = %+v, want the one that still waits", got)
	}
	if _, err := in.Acknowledge(t.Context(), receipts); err != nil {
		t.Errorf("acknowledged again: %v", err)
	}
	want := []anthologysim.Acknowledgement{
		{Operation: "AcknowledgeStudentCourseRegistrations", MessageID: receipts[0].ID},
		{Operation: "AcknowledgeStudentCourseRegistrations", MessageID: receipts[1].ID, Refused: true, Code: "REF_PERSON"},
		{Operation: "AcknowledgeStudentCourseRegistrations", MessageID: receipts[2].ID},
	}
	if diff := cmp.Diff(want, sim.Acknowledged()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestASectionSaysWhoseItIsAndWhetherItIsReady(t *testing.T) {
	got := only(t, "CourseSectionSchedules", sis.Sections, anthologysim.Fields{
		"CourseSectionId": 88, "coursecode": "ALG", "CourseSectionNumber": "007", "CourseDescription": "Algebra", "TermId": 12,
		"Campus": map[string]any{"CampusId": "north"}, "LMSVendorId": "Moodle", "ExtractStatus": "r", "Version": 5, "TimeZone": "America/Chicago",
	})
	want := &sis.Section{
		Key: "88", Title: "Algebra", Code: "ALG-007", Course: "Algebra", Terms: []string{"12"}, School: "north",
		Provider: "Moodle", Extract: sis.ExtractReady, Zone: "America/Chicago",
	}
	if diff := cmp.Diff(want, got.Section); diff != "" {
		t.Errorf("section (-want +got):\n%s", diff)
	}
	if got.Version != 5 || !strings.Contains(got.Warning, "letter case") || got.Where != "GetCourseSectionSchedules, message 1" {
		t.Errorf("record = %+v, want version 5 and a warning", got)
	}
}

func TestACourseStatusSaysWhetherSomebodyIsInTheCourse(t *testing.T) {
	for status, gone := range map[string]bool{"Current": false, "future": false, "Dropped": true, "W": true, "Withdrawn": true, "On Leave": true} {
		sim, server := simulated(t, anthologysim.Options{Token: "secret"})
		sim.Add("StudentCourseRegistrations", anthologysim.Fields{"StudentId": "007", "CourseSectionId": "1E5", "CourseStatus": status})
		in := inbox(t, anthology.Config{URL: server.URL, Token: "secret", CourseStatus: map[string]string{"on leave": "ended"}})
		got := pull(t, in, sis.Registrations)[0]
		want := &sis.Registration{Key: "1E5/007/student", Section: "1E5", Person: "007", Role: sis.Student}
		if diff := cmp.Diff(want, got.Registration); diff != "" || got.Deleted != gone {
			t.Errorf("%s: deleted = %t, want %t (-want +got):\n%s", status, got.Deleted, gone, diff)
		}
	}
}

func TestInstructorsAreRegistrationsOfTeachers(t *testing.T) {
	sim, server := simulated(t, anthologysim.Options{Token: "secret"})
	in := inbox(t, anthology.Config{URL: server.URL, Token: "secret"})
	sim.Add("CourseSectionSchedules", anthologysim.Fields{
		"CourseSectionId": "s1", "CourseDescription": "Algebra", "TermId": "t1",
		"PrimaryInstructorId": 31, "SecondaryInstructorIds": []int{32, 33}, "RemovedInstructorIds": []int{34},
	})
	sim.Add("StudentCourseRegistrations", anthologysim.Fields{
		"StudentId": "p1", "CourseSectionId": "s1", "CourseStatus": "Current", "PrimaryInstructorId": 31, "SecondaryInstructorIds": nil,
	})
	var got []string
	for _, r := range pull(t, in, sis.Registrations) {
		got = append(got, r.Registration.Person+" "+string(r.Registration.Role)+map[bool]string{true: " gone"}[r.Deleted])
		written, err := in.Acknowledge(t.Context(), []sis.Receipt{{Stream: sis.Registrations, ID: r.Receipt}})
		if err != nil || written[0].Err != nil {
			t.Errorf("acknowledged: %+v, %v", written, err)
		}
	}
	if diff := cmp.Diff([]string{"31 teacher", "32 teacher", "33 teacher", "34 teacher gone", "p1 student"}, got); diff != "" {
		t.Errorf("registrations (-want +got):\n%s", diff)
	}
	if sim.Waiting() != 1 {
		t.Errorf("%d messages wait, want that of the section, which was not acknowledged", sim.Waiting())
	}
}

func TestBadInput(t *testing.T) {
	registration := func(name string, value any) anthologysim.Fields {
		fields := anthologysim.Fields{"StudentId": "p1", "CourseSectionId": "s1", "CourseStatus": "Current"}
		fields[name] = value
		return fields
	}
	for name, test := range map[string]struct {
		message anthologysim.Fields
		code    string
	}{
		"row 21: 31 February":              {registration("StartDate", "2026-02-31T00:00:00"), "BAD_DATE"},
		"row 21: a zero date":              {registration("EndDate", "0000-00-00"), "BAD_DATE"},
		"row 21: month or day first":       {registration("StartDate", "03/04/2026"), "BAD_DATE"},
		"row 21: milliseconds of an epoch": {registration("StartDate", "/Date(1767225600000)/"), "BAD_DATE"},
		"row 21: begins after its end": {anthologysim.Fields{
			"StudentId": "p1", "CourseSectionId": "s1", "CourseStatus": "Current", "StartDate": "2026-10-02", "EndDate": "2026-09-30",
		}, "DATE_RANGE"},
		"row 24: a name of 300 characters": {registration("StudentId", strings.Repeat("x", 300)), "TOO_LONG"},
		"row 24: a NUL":                    {registration("StudentId", "p\x001"), "ENCODING"},
		"row 25: a status nobody knows":    {registration("CourseStatus", "Levitating"), "BAD_ENUM"},
		"row 25: no status":                {registration("CourseStatus", " "), "REQ_FIELD_MISSING"},
		"the SIS reports an error":         {registration("Status", "ERROR"), "ROW_MALFORMED"},
		"the registration of nobody":       {registration("StudentId", nil), "REQ_FIELD_MISSING"},
		"row 25: an action nobody knows":   {registration("Action", "Explode"), "BAD_ENUM"},
	} {
		t.Run(name, func(t *testing.T) {
			got := only(t, "StudentCourseRegistrations", sis.Registrations, test.message)
			if got.Problem == nil || got.Problem.Code != test.code || got.Receipt == "" {
				t.Errorf("record = %+v (%v), want %s and a receipt", got, got.Problem, test.code)
			}
		})
	}
	t.Run("row 25: flags in other words", func(t *testing.T) {
		got := only(t, "Persons", sis.Persons, anthologysim.Fields{
			"PersonId": "0042", "UserName": "sam", "FirstName": "Sam", "LastName": "O'Brien", "IsActive": "yes", "Roles": "Student, Instructor",
		})
		want := &sis.Person{Key: "0042", Username: "sam", Given: "Sam", Family: "O'Brien", Enabled: true, Roles: []sis.Role{sis.Student, sis.Teacher}}
		if diff := cmp.Diff(want, got.Person); diff != "" || got.Warning == "" {
			t.Errorf("warning %q, person (-want +got):\n%s", got.Warning, diff)
		}
	})
	t.Run("row 26: ids are opaque", func(t *testing.T) {
		got := only(t, "StudentCourseRegistrations", sis.Registrations, registration("StudentId", json.Number("1E5")))
		if got.Registration == nil || got.Registration.Person != "1E5" {
			t.Errorf("record = %+v, want person 1E5", got)
		}
	})
	t.Run("a drop needs no more than who and where", func(t *testing.T) {
		message := registration("CourseStatus", "Dropped")
		message["StartDate"] = "soon"
		if got := only(t, "StudentCourseRegistrations", sis.Registrations, message); got.Problem != nil || !got.Deleted {
			t.Errorf("record = %+v (%v), want one that ended", got, got.Problem)
		}
	})
}

func TestTheNamesOfTheSISAreSettings(t *testing.T) {
	var asked map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/registrations/inbox" {
			w.Write([]byte(`{"State": "OK", "Items": []}`))
			return
		}
		json.NewDecoder(r.Body).Decode(&asked)
		w.Write([]byte(`{"State": "OK", "Items": [{"Id": 7, "Pupil": {"Number": "p1"}, "CourseSectionId": "s1", "CourseStatus": "Current"}]}`))
	}))
	defer server.Close()
	in := inbox(t, anthology.Config{
		URL: server.URL + "/api", Parameters: map[string]string{"LmsVendorId": "4"},
		Paths:  map[string]string{"GetStudentCourseRegistrations": "registrations/inbox"},
		Fields: map[string]string{"Messages": "Items", "MessageId": "Id", "StudentId": "Number", "Status": "State", "TermId": "Semester"},
	})

	got := pull(t, in, sis.Registrations, "t1")

	if len(got) != 1 || got[0].Receipt != "7" || got[0].Registration == nil || got[0].Registration.Person != "p1" {
		t.Errorf("records = %+v, want the registration of p1", got)
	}
	want := map[string]any{"LmsVendorId": "4", "LmsFlag": true, "MaxMessages": 500.0, "Semester": "t1", "AfterMessageId": "7"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestSettingsThatMeanNothingAreRefused(t *testing.T) {
	for name, c := range map[string]anthology.Config{
		"a field of no message":  {Fields: map[string]string{"ShoeSize": "x"}},
		"a field without a name": {Fields: map[string]string{"StudentId": ""}},
		"an operation of none":   {Paths: map[string]string{"GetRich": "x"}},
		"a status between":       {CourseStatus: map[string]string{"W": "maybe"}},
	} {
		_, err := anthology.New(c)
		if e, ok := errors.AsType[*sis.Error](err); !ok || e.Code != "CONFIG_INVALID" {
			t.Errorf("%s: error = %v, want CONFIG_INVALID", name, err)
		}
	}
}

func TestAnswersThatAreNoneEndThePull(t *testing.T) {
	for body, code := range map[string]string{
		`{"Status": "OK", "Messages": [{"StudentId": `: "SRC_UNAVAILABLE",
		`[]`:                                  "SRC_SCHEMA",
		`<html>Sam Okafor</html>`:             "SRC_SCHEMA",
		`{"Messages": []}`:                    "SRC_SCHEMA",
		`{"Status": "OK", "Messages": 1}`:     "SRC_SCHEMA",
		`{"Status": "OK", "Messages": ["a"]}`: "SRC_SCHEMA",
		`{"Status": "ERROR", "Result": "Sam Okafor owes"}`: "SRC_UNAVAILABLE",
		``: "SRC_UNAVAILABLE",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(body)) }))
		_, err := pulled(t.Context(), inbox(t, anthology.Config{URL: server.URL}), sis.Request{Stream: sis.Persons})
		server.Close()
		e, ok := errors.AsType[*sis.Error](err)
		if !ok || e.Code != code || strings.Contains(e.Message, "Okafor") {
			t.Errorf("%s: error = %v, want %s that names nobody", body, err, code)
		}
	}
}

func TestAnOutageLeavesTheRestUnacknowledged(t *testing.T) {
	sim, server := simulated(t, anthologysim.Options{Token: "secret"})
	in := inbox(t, anthology.Config{URL: server.URL, Token: "secret", Batch: 1})
	var receipts []sis.Receipt
	for _, key := range []string{"t1", "t2", "t3"} {
		receipts = append(receipts, sis.Receipt{Stream: sis.Terms, ID: sim.Put(sis.Record{Term: &sis.Term{Key: key}})})
	}
	sim.Fail(anthologysim.Fault{}, anthologysim.Fault{Status: 500}, anthologysim.Fault{Status: 500}, anthologysim.Fault{Status: 500})

	written, err := in.Acknowledge(t.Context(), receipts)

	if e, ok := errors.AsType[*sis.Error](err); !ok || !e.Temporary {
		t.Errorf("error = %v, want a temporary one", err)
	}
	if written[0].Err != nil || written[1].Err == nil || written[2].Err == nil || sim.Waiting() != 2 {
		t.Errorf("written = %+v with %d waiting, want the first done and two left", written, sim.Waiting())
	}
}

func FuzzReadsAnyAnswerOrSaysWhyNot(f *testing.F) {
	for _, body := range []string{
		`{"Status":"OK","Messages":[{"MessageId":"1","StudentId":1,"CourseSectionId":"s","CourseStatus":"Current"}]}`,
		`{"Status":"OK","Messages":null}`, `{"Status":{}}`, `{"status":"ok","messages":[{"a":{"b":{"c":[1,[2,{"d":3}]]}}}]}`, `{`, ``,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
		defer server.Close()
		for _, stream := range sis.Streams {
			all, err := pulled(t.Context(), inbox(t, anthology.Config{URL: server.URL}), sis.Request{Stream: stream})
			if e, ok := errors.AsType[*sis.Error](err); err != nil && (!ok || e.Code == "" || e.Message == "") {
				t.Fatalf("%s: error %v does not speak", stream, err)
			}
			for _, r := range all {
				if r.Where == "" || (r.Problem == nil && r.Key == "") {
					t.Fatalf("%s: record %+v", stream, r)
				}
			}
		}
	})
}
