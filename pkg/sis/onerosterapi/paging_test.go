package onerosterapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/campus/sisrest"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestBadInput(t *testing.T) {
	t.Run("row 6: a server that sends at most so many rows at once costs no row", func(t *testing.T) {
		for _, most := range []int{1, 2, 3, 33, 34, 35, 500} {
			service := sisrest.New(bundle(sistest.NewCampus(30)), sisrest.Faults{Pages: most})
			if got := pull(t, serve(t, "1.2", service), sis.Persons, ""); got.Rows != 34 || !got.Complete {
				t.Errorf("pages of %d: result = %+v, want all of 34", most, got.Result)
			}
		}
	})
	t.Run("row 7: a row that is inserted while paging costs no row and doubles none", func(t *testing.T) {
		got := pull(t, system(t, "1.2", sistest.NewCampus(30), sistest.RowInserted).Source, sis.Persons, "")
		if got.Rows != 35 || !got.Complete || len(got.distinct()) != 35 {
			t.Errorf("result = %+v of %d different rows, want all of 35, each once", got.Result, len(got.distinct()))
		}
	})
	t.Run("row 32: a token that expires in the middle is replaced, and the page is asked for again", func(t *testing.T) {
		service := sisrest.New(bundle(sistest.NewCampus(30)), sisrest.Faults{Pages: 10, TokenLife: 2})
		got := pull(t, serve(t, "1.2", service), sis.Persons, "")
		if got.Rows != 34 || service.Tokens() != 3 {
			t.Errorf("result = %+v with %d tokens, want 34 rows with three", got.Result, service.Tokens())
		}
		if diff := cmp.Diff([]string{"0", "9", "18", "18", "27", "33", "33", "34"}, offsets(service)); diff != "" {
			t.Errorf("offsets (-want +got):\n%s", diff)
		}
	})
}

// offsets returns where the pages that were asked for begin.
func offsets(s *sisrest.Server) (all []string) {
	for _, r := range s.Requests() {
		_, rest, _ := strings.Cut(r, "offset=")
		at, _, _ := strings.Cut(rest, "&")
		all = append(all, at)
	}
	return all
}

func TestWhoeverStaysIsReadWhateverComesAndGoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		start := sistest.NewCampus(20)
		now := slices.Clone(start.Persons)
		var service *sisrest.Server
		service = sisrest.New(bundle(start), sisrest.Faults{
			Pages: rapid.IntRange(2, 12).Draw(rt, "page"),
			AfterPage: func(_ string, n int) {
				if n > 12 {
					return // it ends some time
				}
				now = shuffle(rt, now, n)
				c := start
				c.Persons = now
				service.Replace(bundle(c))
			},
		})
		got := pull(t, within(service), sis.Persons, "")
		came := got.distinct()
		for _, p := range start.Persons {
			if slices.ContainsFunc(now, func(q sis.Person) bool { return q.Key == p.Key }) && !came[p.Key] {
				rt.Fatalf("%s was there all the time and did not come", p.Key)
			}
		}
	})
}

// shuffle takes some persons out and puts others in.
func shuffle(rt *rapid.T, persons []sis.Person, n int) []sis.Person {
	persons = slices.Clone(persons)
	for range rapid.IntRange(0, 6).Draw(rt, "go") {
		if len(persons) > 1 {
			at := rapid.IntRange(0, len(persons)-1).Draw(rt, "who")
			persons = slices.Delete(persons, at, at+1)
		}
	}
	for i := range rapid.IntRange(0, 6).Draw(rt, "come") {
		p := sistest.Latecomer
		p.Key = fmt.Sprintf("%s-%d-%d", rapid.SampledFrom([]string{"0", "T", "p00007", "z"}).Draw(rt, "where"), n, i)
		persons = append(persons, p)
	}
	return persons
}

func TestACollectionThatNeverHoldsStillIsNotComplete(t *testing.T) {
	c := sistest.NewCampus(30)
	var service *sisrest.Server
	service = sisrest.New(bundle(c), sisrest.Faults{Pages: 10, AfterPage: func(_ string, n int) {
		if n%3 != 0 {
			return
		}
		p := sistest.Latecomer
		p.Key = fmt.Sprintf("0-%d", n)
		c.Persons = append(slices.Clone(c.Persons), p)
		service.Replace(bundle(c))
	}})
	got := pull(t, serve(t, "1.2", service), sis.Persons, "")
	if got.Complete || !strings.Contains(got.Warning, "SNAPSHOT_INCOMPLETE: ") || got.Rows < 34 {
		t.Errorf("result = %+v, want all rows, not complete, and why", got.Result)
	}
}

func TestAServerThatDoesNotHeedTheOffsetIsRefused(t *testing.T) {
	source := serve(t, "1.2", answers(`{"users":[`+user("a")+`,`+user("b")+`]}`))
	wantError(t, pullFrom(t.Context(), source, sis.Persons, ""), "SRC_SCHEMA", false, "does not heed the offset")
}

func TestAnIdThatStandsForTwoRowsIsSentTwiceAndNothingIsComplete(t *testing.T) {
	for name, test := range map[string]struct {
		other string
		rows  int
		whole bool
	}{
		"the same row":            {user("a"), 2, true},
		"other content":           {strings.Replace(user("a"), "Sam", "Tom", 1), 3, false},
		"other content, changed":  {strings.NewReplacer("Sam", "Tom", "2026-09-01", "2026-09-02").Replace(user("a")), 3, true},
		"other content, outdated": {strings.NewReplacer("Sam", "Tom", "2026-09-01", "2026-08-31").Replace(user("a")), 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			source := serve(t, "1.2", onePage(`{"users":[`+user("a")+`,`+user("b")+`,`+test.other+`]}`))
			if got := pull(t, source, sis.Persons, ""); got.Rows != test.rows || got.Complete != test.whole {
				t.Errorf("result = %+v, want %d rows, complete: %t", got.Result, test.rows, test.whole)
			}
		})
	}
}

// onePage answers with the rows of a text from the offset on. A text that has
// no rows is the first page.
func onePage(text string) http.Handler {
	var lists map[string][]json.RawMessage
	broken := json.Unmarshal([]byte(text), &lists) != nil
	return api(func(w http.ResponseWriter, r *http.Request) {
		if broken && r.FormValue("offset") == "0" {
			fmt.Fprint(w, text)
			return
		}
		name := path.Base(r.URL.Path)
		rows := lists[name][min(number(r, "offset"), len(lists[name])):]
		texts := make([]string, len(rows))
		for i, row := range rows {
			texts[i] = string(row)
		}
		fmt.Fprintf(w, `{"statusInfo":{},%q:[%s]}`, name, strings.Join(texts, ","))
	})
}
