package oneroster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

const (
	userColumns  = "sourcedId,enabledUser,role,username,givenName,familyName,email\n"
	goodUser     = ",true,student,sam,Sam,Okafor,sam@campus.example\n"
	termColumns  = "sourcedId,status,title,type,startDate,endDate\n"
	enrolColumns = "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n"
	classColumns = "sourcedId,status,title,classCode,courseSourcedId,classType,termSourcedIds\n"
)

func persons(t *testing.T, text string) roster {
	t.Helper()
	return pull(t, source(t, with("users.csv", text)), sis.Persons)
}

func TestABadRowCostsNoOther(t *testing.T) {
	got := persons(t, userColumns+"a"+goodUser+"b,true,student\nc"+goodUser+"d,true,student,sam,Sam,Okafor,,,\ne"+goodUser)

	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e"}, got.keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"users.csv:3 b ROW_MALFORMED", "users.csv:5 d ROW_MALFORMED"}, got.problems()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if want := (sis.Result{Rows: 5, Problems: 2, Complete: true}); got.Result != want {
		t.Errorf("result = %+v, want %+v", got.Result, want)
	}
}

func TestARowOfNobodyIsAProblemWithoutAKey(t *testing.T) {
	got := persons(t, userColumns+"a"+goodUser+goodUser+"c"+goodUser)

	if diff := cmp.Diff([]string{"users.csv:3 REQ_FIELD_MISSING"}, got.problems()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if want := (sis.Result{Rows: 3, Problems: 1, Complete: true}); got.Result != want {
		t.Errorf("result = %+v, want %+v", got.Result, want)
	}
}

func TestAnEmptyFileHasNoRowsAndIsNotAnError(t *testing.T) {
	got := pull(t, source(t, with("enrollments.csv", header("enrollments.csv"))), sis.Registrations)

	if want := (sis.Result{Complete: true}); got.Result != want {
		t.Errorf("result = %+v, want %+v", got.Result, want)
	}
}

func TestAQuoteThatIsNeverClosedCostsOneLine(t *testing.T) {
	for name, bad := range map[string]string{
		"no other quote in the file": "b,true,student,sam,\"Sam,Okafor,\n",
		"something after the quote":  "b,true,student,sam,\"Sam\"my,Okafor,\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := persons(t, userColumns+"a"+goodUser+bad+"c"+goodUser+"d"+goodUser)

			if diff := cmp.Diff([]string{"a", "b", "c", "d"}, got.keys()); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"users.csv:3 b ROW_MALFORMED"}, got.problems()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("the next quote opens another cell", func(t *testing.T) {
		got := persons(t, userColumns+"b,true,student,sam,\"Sam,Okafor,\nc,true,student,u,\"Ann\",Lee,\nd"+goodUser)
		if diff := cmp.Diff([]string{"users.csv:2 b ROW_MALFORMED"}, got.problems()); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
	})
	t.Run("the next quote closes it, with rows in between", func(t *testing.T) {
		got := persons(t, userColumns+"b,true,student,sam,\"Sam,Okafor,\nc"+goodUser+"d,true,student,u,Ann,Lee,\"\ne"+goodUser)
		if diff := cmp.Diff([]string{"b", "c", "d", "e"}, got.keys()); diff != "" {
			t.Errorf("keys (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"users.csv:2 b ROW_MALFORMED", "users.csv:4 d ROW_MALFORMED"}, got.problems()); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
	})
	t.Run("far from the end of a long file", func(t *testing.T) {
		var rest strings.Builder
		for i := range 10_000 {
			fmt.Fprintf(&rest, "x%d,true,student,sam,%s,Okafor,\n", i, strings.Repeat("y", 200))
		}
		text := userColumns + "b,true,student,sam,\"Sam,Okafor,\n" + rest.String() + "d" + goodUser
		got := pull(t, storedSource(t, with("users.csv", text)), sis.Persons)
		if diff := cmp.Diff([]string{"users.csv:2 b ROW_MALFORMED"}, got.problems()); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
	})
}

func TestReadsWhateverNamesPeopleHave(t *testing.T) {
	for name, given := range map[string]string{
		"apostrophe":     "O'Brien",
		"formula":        "=cmd()",
		"emoji":          "🎓👩🏽‍🏫",
		"right to left":  "שרה",
		"dotted capital": "İpek",
		"comma":          "Ann, Lee",
		"doubled quotes": `The "Rock"`,
		"two lines":      "Anna\nLee",
		"CR LF inside":   "Anna\r\nLee",
		"long":           strings.Repeat("é", 255),
		"replacement":    "Jos\uFFFD",
	} {
		t.Run("row 24: "+name, func(t *testing.T) {
			cell := `"` + strings.ReplaceAll(given, `"`, `""`) + `"`
			got := persons(t, userColumns+"a,true,student,sam,"+cell+",Okafor,\n")
			who := got.people()
			if len(who) != 1 || who[0].Given != given {
				t.Errorf("people = %+v (%q), want %q", who, got.problems(), given)
			}
		})
	}
}

func TestNumbersLinesAsAnEditorDoes(t *testing.T) {
	got := persons(t, userColumns+"\n\na,true,student,sam,\"Anna\n\nLee\",Okafor,\nb,true,student,,Sam,Okafor,\n")

	var places []string
	for _, r := range got.records {
		places = append(places, r.Where)
	}
	if diff := cmp.Diff([]string{"users.csv:4", "users.csv:7"}, places); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func TestIdsAreOpaque(t *testing.T) {
	ids := []string{"007", "7", "1E5", "1e5", "A b", "Ä", "p1", "P1"}
	text := userColumns
	for _, id := range ids {
		text += "  " + id + "\t" + goodUser
	}

	got := persons(t, text)

	if diff := cmp.Diff(ids, got.keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if len(got.problems()) > 0 {
		t.Errorf("problems = %q", got.problems())
	}
}

func TestAnIdThatStandsTwice(t *testing.T) {
	t.Run("row 27: with different content is held on both lines", func(t *testing.T) {
		got := persons(t, userColumns+"a"+goodUser+"b"+goodUser+" a ,true,teacher,sam,Sam,Okafor,\n")
		if diff := cmp.Diff([]string{"users.csv:2 a DUP_KEY", "users.csv:4 a DUP_KEY"}, got.problems()); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
		if want := "Lines 2, 4 of users.csv have the same id and say different things."; got.records[0].Problem.Message != want {
			t.Errorf("message = %q, want %q", got.records[0].Problem.Message, want)
		}
	})
	t.Run("with the same content is one record", func(t *testing.T) {
		got := persons(t, userColumns+"a"+goodUser+"b"+goodUser+" a"+goodUser+"a"+goodUser)
		if diff := cmp.Diff([]string{"a", "b"}, got.keys()); diff != "" {
			t.Errorf("keys (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"users.csv:2 Lines 2, 4, 5 of users.csv are the same."}, got.warnings()); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
	})
	t.Run("many times is told in few words", func(t *testing.T) {
		got := persons(t, userColumns+strings.Repeat("a"+goodUser, 9))
		if diff := cmp.Diff([]string{"users.csv:2 Lines 2, 3, 4, 5, 6 and 4 more of users.csv are the same."}, got.warnings()); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
	})
}
