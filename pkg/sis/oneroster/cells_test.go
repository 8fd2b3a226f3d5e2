package oneroster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestRefusesCellsThatMeanNothing(t *testing.T) {
	for name, test := range map[string]struct{ file, text, code, message string }{
		"no given name":                 {"users.csv", userColumns + "a,true,student,sam, ,Okafor,", "REQ_FIELD_MISSING", "givenName is empty."},
		"no family name":                {"users.csv", userColumns + "a,true,student,sam,Sam,,", "REQ_FIELD_MISSING", "familyName is empty."},
		"no username":                   {"users.csv", userColumns + "a,true,student,,Sam,Okafor,", "REQ_FIELD_MISSING", "username is empty."},
		"no role":                       {"users.csv", userColumns + "a,true,,sam,Sam,Okafor,", "REQ_FIELD_MISSING", "role is empty."},
		"row 25: a role nobody knows":   {"users.csv", userColumns + "a,true,wizard,sam,Sam,Okafor,", "BAD_ENUM", "role is none of student, teacher,"},
		"row 25: neither yes nor no":    {"users.csv", userColumns + "a,perhaps,student,sam,Sam,Okafor,", "BAD_ENUM", "enabledUser is neither true nor false."},
		"row 24: 300 characters":        {"users.csv", userColumns + "a,true,student,sam," + strings.Repeat("x", 300) + ",Okafor,", "TOO_LONG", "givenName has more than 255"},
		"no title":                      {"academicSessions.csv", termColumns + "a,,,term,2026-09-01,2027-01-01", "REQ_FIELD_MISSING", "title is empty."},
		"no kind of term":               {"academicSessions.csv", termColumns + "a,,A,,2026-09-01,2027-01-01", "REQ_FIELD_MISSING", "type is empty."},
		"no start":                      {"academicSessions.csv", termColumns + "a,,A,term,,2027-01-01", "REQ_FIELD_MISSING", "startDate is empty."},
		"no such kind of term":          {"academicSessions.csv", termColumns + "a,,A,epoch,2026-09-01,2027-01-01", "BAD_ENUM", "type is none of term,"},
		"no such status":                {"academicSessions.csv", termColumns + "a,gone,A,term,2026-09-01,2027-01-01", "BAD_ENUM", "status is none of active,"},
		"row 21: 31 February":           {"academicSessions.csv", termColumns + "a,,A,term,2026-02-31,2027-01-01", "BAD_DATE", "startDate “2026-02-31” is not a date; write it as 2026-09-01."},
		"row 21: a zero date":           {"academicSessions.csv", termColumns + "a,,A,term,2026-02-28,0000-00-00", "BAD_DATE", "endDate “0000-00-00”"},
		"row 21: day or month first":    {"academicSessions.csv", termColumns + "a,,A,term,03/04/2026,2027-01-01", "BAD_DATE", "startDate “03/04/2026”"},
		"a word for a date":             {"academicSessions.csv", termColumns + "a,,A,term,Sam Okafor,2027-01-01", "BAD_DATE", "startDate is not a date"},
		"half a time":                   {"academicSessions.csv", termColumns + "a,,A,term,2026-09-01T,2027-01-01", "BAD_DATE", "startDate"},
		"not a time":                    {"academicSessions.csv", termColumns + "a,,A,term,2026-09-01T25:00:00Z,2027-01-01", "BAD_DATE", "startDate"},
		"row 21: ends before it begins": {"academicSessions.csv", termColumns + "a,,A,term,2027-01-01,2026-09-01", "DATE_RANGE", "It begins on 2027-01-01, after its end on 2026-09-01."},
		"no term":                       {"classes.csv", classColumns + "a,,A,,,,\" , \"", "REQ_FIELD_MISSING", "termSourcedIds is empty."},
		"a long id of a term":           {"classes.csv", classColumns + "a,,A,,,," + strings.Repeat("x", 300), "TOO_LONG", "termSourcedIds"},
		"no section":                    {"enrollments.csv", enrolColumns + "a,,,p,student,,", "REQ_FIELD_MISSING", "classSourcedId is empty."},
		"no person":                     {"enrollments.csv", enrolColumns + "a,,s,,student,,", "REQ_FIELD_MISSING", "userSourcedId is empty."},
		"no role in the section":        {"enrollments.csv", enrolColumns + "a,,s,p,,,", "REQ_FIELD_MISSING", "role is empty."},
		"a role that is not ours":       {"enrollments.csv", enrolColumns + "a,,s,p,proctor,,", "ROLE_UNMAPPED", "neither student nor teacher"},
		"an aide":                       {"enrollments.csv", enrolColumns + "a,,s,p,aide,,", "ROLE_UNMAPPED", "neither student nor teacher"},
		"a role of the site's":          {"enrollments.csv", enrolColumns + "a,,s,p,ext:mentor,,", "ROLE_UNMAPPED", "neither student nor teacher"},
		"an aide who left":              {"enrollments.csv", enrolColumns + "a,tobedeleted,s,p,aide,,", "ROLE_UNMAPPED", "neither student nor teacher"},
		"row 21: left before it came":   {"enrollments.csv", enrolColumns + "a,,s,p,student,2026-09-02,2026-09-01", "DATE_RANGE", "2026-09-02"},
		"a bad begin":                   {"enrollments.csv", enrolColumns + "a,,s,p,student,1/9/26,", "BAD_DATE", "beginDate “1/9/26”"},
	} {
		t.Run(name, func(t *testing.T) {
			got := pull(t, source(t, with(test.file, test.text+"\n")), streamOf[test.file]).only(t)
			if got.Problem == nil || got.Problem.Code != test.code || got.Problem.Temporary {
				t.Fatalf("record = %+v (%v), want a permanent %s", got, got.Problem, test.code)
			}
			if !strings.Contains(got.Problem.Message, test.message) {
				t.Errorf("message = %q, want %q in it", got.Problem.Message, test.message)
			}
			if got.Key != "a" || got.Where != test.file+":2" {
				t.Errorf("key %q at %q, want a at %s:2", got.Key, got.Where, test.file)
			}
			wantNothingPersonal(t, got)
		})
	}
}

var streamOf = map[string]sis.Stream{
	"academicSessions.csv": sis.Terms,
	"users.csv":            sis.Persons,
	"classes.csv":          sis.Sections,
	"enrollments.csv":      sis.Registrations,
}

func wantNothingPersonal(t *testing.T, r sis.Record) {
	t.Helper()
	for _, private := range []string{"Sam", "Okafor", "sam@campus.example", "wizard", "perhaps"} {
		if strings.Contains(r.Problem.Error(), private) || strings.Contains(r.Warning, private) {
			t.Errorf("%q tells %q", r.Problem.Error()+r.Warning, private)
		}
	}
}

func TestReadsYesAndNoInManyWords(t *testing.T) {
	for cell, want := range map[string]struct{ enabled, warned bool }{
		"true": {true, false}, "false": {false, false}, " true ": {true, false},
		"TRUE": {true, true}, "False": {false, true}, "1": {true, true}, "0": {false, true},
		"yes": {true, true}, "No": {false, true}, "": {true, true},
	} {
		got := persons(t, userColumns+"a,"+cell+",student,sam,Sam,Okafor,\n").only(t)
		if got.Person == nil || got.Person.Enabled != want.enabled || (got.Warning != "") != want.warned {
			t.Errorf("enabledUser %q gives %+v with warning %q, want %+v", cell, got.Person, got.Warning, want)
		}
	}
}

func TestReadsWordsInAnyLetterCase(t *testing.T) {
	got := persons(t, userColumns+"a,true,Teacher,sam,Sam,Okafor,\n").only(t)

	if got.Person == nil || len(got.Person.Roles) != 1 || got.Person.Roles[0] != sis.Teacher {
		t.Errorf("person = %+v, want a teacher", got.Person)
	}
	if want := "role is written in other letter case than teacher."; got.Warning != want {
		t.Errorf("warning = %q, want %q", got.Warning, want)
	}
}

func TestPeopleOfOtherRolesArePeople(t *testing.T) {
	for _, role := range []string{"parent", "administrator", "guardian", "ext:librarian"} {
		got := persons(t, userColumns+"a,true,"+role+",sam,Sam,Okafor,\n").only(t)
		if got.Person == nil || len(got.Person.Roles) > 0 || got.Warning != "" {
			t.Errorf("%s: record = %+v, want a person without a role that is synced", role, got)
		}
	}
}

func TestKeepsEMailAddressesAsTheyAre(t *testing.T) {
	for address, odd := range map[string]bool{
		"sam@campus.example": false, "": false, "Sam.O'Kafor+x@CAMPUS.example": false, "sam@хост.example": false,
		"sam": true, "@campus.example": true, "sam@": true, "sam@localhost": true, "sam o@campus.example": true,
		"a@b@campus.example": true, "\"a@b.example,c@d.example\"": true,
	} {
		got := persons(t, userColumns+"a,true,student,sam,Sam,Okafor,"+address+"\n").only(t)
		if got.Person == nil || got.Person.Email != strings.Trim(address, `"`) || (got.Warning != "") != odd {
			t.Errorf("%q gives %+v with warning %q, want it kept, odd: %t", address, got.Person, got.Warning, odd)
		}
	}
}

func TestReadsTheDayOfAnInstant(t *testing.T) {
	for _, cell := range []string{"2026-09-01T00:00:00Z", "2026-09-01T18:25:43.511Z", "2026-09-01T00:00:00+0200", "2026-09-01T08:00"} {
		got := pull(t, source(t, with("academicSessions.csv", termColumns+"a,,A,term,"+cell+",2027-01-01\n")), sis.Terms).only(t)
		if got.Term == nil || got.Term.Start != day(2026, 9, 1) || got.Warning == "" {
			t.Errorf("%s gives %+v with warning %q, want 2026-09-01 and a warning", cell, got.Term, got.Warning)
		}
	}
}

func TestReadsWhatEndedOrIsInactive(t *testing.T) {
	t.Run("a tombstone needs no more than its id", func(t *testing.T) {
		got := pull(t, source(t, with("enrollments.csv", enrolColumns+"a,tobedeleted,,,,31/12/2026,\n")), sis.Registrations).only(t)
		if !got.Deleted || got.Problem != nil || got.Key != "a" || got.Registration == nil {
			t.Errorf("record = %+v, want a deleted registration", got)
		}
	})
	t.Run("but it needs that", func(t *testing.T) {
		got := pull(t, source(t, with("enrollments.csv", enrolColumns+",tobedeleted,s,p,student,,\n")), sis.Registrations).only(t)
		if got.Problem == nil || got.Problem.Code != "REQ_FIELD_MISSING" {
			t.Errorf("record = %+v, want REQ_FIELD_MISSING", got)
		}
	})
	t.Run("inactive people are disabled", func(t *testing.T) {
		text := "status," + userColumns + "inactive,a" + goodUser
		got := persons(t, text).only(t)
		if got.Person == nil || got.Person.Enabled || got.Deleted || got.Warning == "" {
			t.Errorf("record = %+v, want a disabled person and a warning", got)
		}
	})
	t.Run("inactive registrations ended", func(t *testing.T) {
		got := pull(t, source(t, with("enrollments.csv", enrolColumns+"a,inactive,s,p,student,,\n")), sis.Registrations).only(t)
		if got.Registration == nil || !got.Deleted || got.Warning == "" {
			t.Errorf("record = %+v, want one that ended and a warning", got)
		}
	})
	t.Run("inactive sections go on", func(t *testing.T) {
		got := pull(t, source(t, with("classes.csv", classColumns+"a,Inactive,A,,,,t1\n")), sis.Sections).only(t)
		if got.Section == nil || got.Deleted || got.Warning == "" {
			t.Errorf("record = %+v, want a section and a warning", got)
		}
	})
}

func TestReadsSectionsWithTheirTermsAndCourse(t *testing.T) {
	files := with("classes.csv", classColumns+"a,,A,ALG,c1,scheduled,\"t1, t2\"\nb,,B,,c9,Scheduled,t1\n")
	files["courses.csv"] = "sourcedId,title\nc1,Algebra\nc2\nc3,Geometry\n"

	got := pull(t, source(t, files), sis.Sections)

	want := []sis.Record{
		{Where: "courses.csv:3", Problem: got.records[0].Problem},
		{Key: "a", Where: "classes.csv:2", Section: &sis.Section{
			Key: "a", Title: "A", Code: "ALG", Course: "Algebra", Terms: []string{"t1", "t2"},
		}},
		{
			Key: "b", Where: "classes.csv:3", Section: &sis.Section{Key: "b", Title: "B", Terms: []string{"t1"}},
			Warning: "classType is neither scheduled nor homeroom, which does not matter here.",
		},
	}
	if diff := cmp.Diff(want, got.records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"courses.csv:3 ROW_MALFORMED"}, got.problems()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if !got.Complete {
		t.Error("not complete, although all sections were read")
	}
}

func TestReadsRolesOfVersion12(t *testing.T) {
	const columns = "sourcedId,enabledUser,username,givenName,familyName,email\n"
	const person = ",true,sam,Sam,Okafor,\n"
	files := with("users.csv", columns+"a"+person+"b"+person+"c"+person+"d"+person+"e"+person)
	files["roles.csv"] = `sourcedId,status,userSourcedId,roleType,role,orgSourcedId
r1,,a,primary,teacher,o1
r2,,a,primary,student,o2
r3,,b,secondary,teacher,o1
r4,,b,primary,student,o1
r5,tobedeleted,c,primary,teacher,o1
r6,,c,primary,administrator,o1
r7,,d,primary,wizard,o1
`
	got := pull(t, source(t, files), sis.Persons)

	want := map[string][]sis.Role{"a": {sis.Student, sis.Teacher}, "b": {sis.Student}, "c": nil, "d": nil, "e": nil}
	have := map[string][]sis.Role{}
	for _, p := range got.people() {
		have[p.Key] = p.Roles
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"roles.csv:8 BAD_ENUM"}, got.problems()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	warned := []string{"users.csv:5 roles.csv has no role for this person.", "users.csv:6 roles.csv has no role for this person."}
	if diff := cmp.Diff(warned, got.warnings()); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}
