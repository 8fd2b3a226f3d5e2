package onerosterapi_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestReadsRowsAsServicesWriteThem(t *testing.T) {
	who := func(roles ...sis.Role) *sis.Person {
		return &sis.Person{Key: "a", Username: "sam", Given: "Sam", Family: "Okafor", Email: "sam@campus.example", Roles: roles, Enabled: true}
	}
	for name, test := range map[string]struct {
		replace, by string // in a user of 1.2
		want        *sis.Person
		warned      bool
	}{
		"a truth that is a string":   {"", "", who(sis.Student), false},
		"a truth that is a truth":    {`"enabledUser":"true"`, `"enabledUser":true`, who(sis.Student), false},
		"a truth in capitals":        {`"enabledUser":"true"`, `"enabledUser":"TRUE"`, who(sis.Student), true},
		"one role, as in 1.1":        {`"roles":[{"roleType":"primary","role":"student"}]`, `"role":"teacher","orgs":[]`, who(sis.Teacher), false},
		"two roles of their own":     {`[{`, `[{"roleType":"primary","role":"teacher"},{`, who(sis.Student, sis.Teacher), false},
		"a role beside their own":    {`[{`, `[{"roleType":"secondary","role":"teacher"},{`, who(sis.Student), false},
		"a role that is over":        {`[{`, `[{"roleType":"primary","role":"teacher","status":"tobedeleted"},{`, who(sis.Student), false},
		"a role of others":           {`"role":"student"`, `"role":"guardian"`, who(), false},
		"only a role beside":         {`"primary"`, `"secondary"`, who(), true},
		"a role in capitals":         {`"role":"student"`, `"role":"Student"`, who(sis.Student), false},
		"more than we want to know":  {`"username"`, `"metadata":{"birthDate":"1999-01-01","x":[1,{}]},"demographics":null,"username"`, who(sis.Student), false},
		"an escape":                  {`"Sam"`, `"S\u0061m"`, who(sis.Student), false},
		"blanks around":              {`"Sam"`, `"  Sam\t"`, who(sis.Student), false},
		"nothing where nothing must": {`"sam@campus.example"`, `null`, &sis.Person{Key: "a", Username: "sam", Given: "Sam", Family: "Okafor", Roles: []sis.Role{sis.Student}, Enabled: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := pull(t, within(onePage(`{"users":[`+strings.Replace(user("a"), test.replace, test.by, 1)+`]}`)), sis.Persons, "").only(t)
			if diff := cmp.Diff(test.want, got.Person); diff != "" {
				t.Errorf("person (-want +got):\n%s\n%v", diff, got.Problem)
			}
			if (got.Warning != "") != test.warned {
				t.Errorf("warning = %q, want one: %t", got.Warning, test.warned)
			}
		})
	}
}

func TestIdsAreOpaque(t *testing.T) {
	for written, want := range map[string]string{`"007"`: "007", `"1E5"`: "1E5", `17`: "17", `" a b "`: "a b", `"Ä"`: "Ä"} {
		row := strings.Replace(user("a"), `"a"`, written, 1)
		if got := pull(t, within(onePage(`{"users":[`+row+`]}`)), sis.Persons, "").only(t); got.Person == nil || got.Person.Key != want || got.Key != want {
			t.Errorf("%s: record = %+v, want the id %q", written, got, want)
		}
	}
}

func TestABadRowCostsNoOther(t *testing.T) {
	for row, code := range map[string]string{
		`7`: "ROW_MALFORMED", `null`: "ROW_MALFORMED", `"x"`: "ROW_MALFORMED", `[]`: "ROW_MALFORMED",
		`{}`: "REQ_FIELD_MISSING", `{"sourcedId":{}}`: "REQ_FIELD_MISSING",
		strings.Replace(user("b"), "Sam", "S\xe4m", 1):                                  "ENCODING",
		strings.Replace(user("b"), "Sam", `S\u0000m`, 1):                                "ENCODING",
		strings.Replace(user("b"), "Sam", strings.Repeat("x", 300), 1):                  "TOO_LONG",
		strings.Replace(user("b"), `"true"`, `"perhaps"`, 1):                            "BAD_ENUM",
		strings.Replace(user("b"), `"role":"student"`, `"role":"wizard"`, 1):            "BAD_ENUM",
		strings.Replace(user("b"), `"role":"student"`, `"role":""`, 1):                  "REQ_FIELD_MISSING",
		strings.Replace(user("b"), `[{"roleType":"primary","role":"student"}]`, "7", 1): "REQ_FIELD_MISSING",
	} {
		got := pull(t, within(onePage(`{"users":[`+user("a")+`,`+row+`,`+user("c")+`]}`)), sis.Persons, "")
		if got.Rows != 3 || got.Problems != 1 || got.records[1].Problem == nil || got.records[1].Problem.Code != code {
			t.Errorf("%s: result = %+v with %+v, want a %s in the middle", row, got.Result, got.records, code)
			continue
		}
		if got.records[1].Where != "users:2" || strings.Contains(got.records[1].Problem.Message, "Okafor") {
			t.Errorf("problem at %s: %s", got.records[1].Where, got.records[1].Problem)
		}
	}
}

func TestReadsReferences(t *testing.T) {
	const class = `{"classes":[{"sourcedId":"s","title":"Algebra A","classCode":"ALG","classType":"Scheduled","course":{"sourcedId":"c","href":"x"},` +
		`"school":{"sourcedId":7},"terms":[{"sourcedId":"t1, autumn"},"t2",{"sourcedId":" "}]}],"courses":[{"sourcedId":"c","title":"Algebra"}]}`
	got := pull(t, within(onePage(class)), sis.Sections, "").only(t)
	want := &sis.Section{Key: "s", Title: "Algebra A", Code: "ALG", Course: "Algebra", School: "7", Terms: []string{"t1, autumn", "t2"}}
	if diff := cmp.Diff(want, got.Section); diff != "" {
		t.Errorf("section (-want +got):\n%s\n%v", diff, got.Problem)
	}
}

func TestReadsDatesAndNeverGuesses(t *testing.T) {
	for written, want := range map[string]string{
		`"2026-09-01"`: "2026-09-01", `"2026-09-01T00:00:00.000Z"`: "2026-09-01", `null`: "", `""`: "",
		`"03/04/2026"`: "BAD_DATE", `"2026-02-31"`: "BAD_DATE", `"0000-00-00"`: "BAD_DATE", `20260901`: "BAD_DATE", `"2028-01-01"`: "DATE_RANGE",
	} {
		got := pull(t, within(onePage(`{"enrollments":[{"sourcedId":"e","class":{"sourcedId":"s"},"user":{"sourcedId":"p"},"role":"student",`+
			`"beginDate":`+written+`,"endDate":"2027-01-01"}]}`)), sis.Registrations, "").only(t)
		came := ""
		if got.Problem != nil {
			came = got.Problem.Code
		} else {
			came = got.Registration.Begin.String()
		}
		if came != want {
			t.Errorf("%s came as %q, want %q", written, came, want)
		}
	}
}

func TestTombstonesAreTakenForWhatTheyAre(t *testing.T) {
	for status, deleted := range map[string]bool{"active": false, "tobedeleted": true, "ToBeDeleted": true, "inactive": true} {
		got := pull(t, within(onePage(`{"enrollments":[{"sourcedId":"e","status":"`+status+`","class":{"sourcedId":"s"},"user":{"sourcedId":"p"},"role":"student"}]}`)),
			sis.Registrations, "").only(t)
		if got.Deleted != deleted {
			t.Errorf("%s: deleted = %t, want %t", status, got.Deleted, deleted)
		}
	}
}

func FuzzReadsAnyAnswerOrSaysWhyNot(f *testing.F) {
	for _, text := range []string{
		`{"users":[` + user("a") + `]}`, `{"users":[{}]}`, `{"users":[null,1,"x"],"users":[]}`, `{}`, `[]`, ``, `{"users":{}}`, `{"users":[[`,
		`{"classes":[{"sourcedId":"s","terms":{"sourcedId":"t"}}],"courses":[]}`, `{"enrollments":[{"class":[],"user":"p"}]}`, "\xff", `{"users":[{"roles":[1]}]}`,
		`{"academicSessions":[{"sourcedId":"t","startDate":1e9,"parent":null}]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, stream := range sis.Streams {
			source := within(onePage(text))
			source.SleepWith(noPause)
			got := pullFrom(t.Context(), source, stream, "")
			if e, ok := errors.AsType[*sis.Error](got.err); got.err != nil && (!ok || e.Code == "" || e.Message == "") {
				t.Fatalf("error %v does not speak", got.err)
			}
			for _, r := range got.records {
				wantForm(t, r)
			}
		}
	})
}

func wantForm(t *testing.T, r sis.Record) {
	t.Helper()
	kinds := fmt.Sprint(r.Term != nil, r.Person != nil, r.Section != nil, r.Registration != nil, r.Problem != nil)
	if strings.Count(kinds, "true") != 1 || r.Where == "" || (r.Key == "" && r.Problem == nil) || !utf8.ValidString(r.Key) {
		t.Fatalf("record %+v is of kinds %s", r, kinds)
	}
}
