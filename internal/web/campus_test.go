package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/web"
)

func TestThePagesOfTheCampusSayWhatTheSISSentAndWhatBecameOfIt(t *testing.T) {
	h := dashboard(t, web.Config{})
	for path, wants := range map[string][]string{
		"/messages": {`<a class="open" href="/messages/main/` + id(899), "/why?sync=main", "/messages:retry/main"},
		"/messages?section=BIO-101-01&person=S-1044":      {"enrollments.csv:242"},
		"/messages/main/" + id(899):                       {"S-1007 in CHEM-201-03-2026FA as student", "Waiting", "<del>2026-08-25</del>", "by anna", "/why?person=S-1007&amp;section=CHEM-201-03-2026FA", "/sections/main/CHEM-201-03-2026FA", id(899) + "/skip", id(899) + "/retry"},
		"/messages/main/" + id(894):                       {"Person S-1031", "Names and addresses are shown to those who administer", "update user", "/plans/main/p2?person=S-1031", "what the SIS said before"},
		"/messages/main/" + id(899) + "/skip":             {"Skip this record?", `name="reason" required`, "S-1007 in CHEM-201-03-2026FA as student"},
		"/why?person=S-1007&section=CHEM-201":             {"Not in the course", "No course of the LMS has the section&#39;s id or class code.", "The SIS knows S-1007 as student.", "/sections/main/CHEM-201-03-2026FA/link", "See the plan", "See the message"},
		"/why?person=S-1030&section=x":                    {"In the course"},
		"/why?person=S-1030":                              {"Say which section"},
		"/sections":                                       {"1 section of 4 has no course yet: nobody in it is enrolled.", "1 new sections of 2026FA looks like one that is gone", "24 students are in both.", "History of &lt;b&gt;Rome&lt;/b&gt;", "taught on paper", "/sections/main/CHEM-201-03-2026FA/link", `<option value="2026FA">Fall 2026`},
		"/sections?state=available":                       {"Organic Chemistry"},
		"/sections?state=available&q=Rome":                {"No section matches"},
		"/sections?sync=summer":                           {"The SIS has sent no sections yet.", "jobctl sis run summer --wait"},
		"/sections/main/BIO-101-01-2026FA":                {"BIO-101-FA26", "Its id or class code names the course", "/unlink", "S-1001", "/why?person=S-1001", "after=BIO-101-01-2026FA%7CS-1049%7Cstudent"},
		"/sections/main/GEO-300-02-2026FA":                {"/sections:rekey/main/sections/same?new=GEO-300-02-2026FA&amp;term=2026FA"},
		"/sections/main/CHEM-201-03-2026FA/link":          {"59 registrations are in force, 59 wait.", `name="value" required`},
		"/sections/main/BIO-101-01-2026FA?job=" + id(25):  {"Running:", "Process registrations of main"},
		"/sections/main/BIO-101-01-2026FA?job=" + id(777): {"Biology I"},
		"/terms":                              {"1 of 2 terms are synced", "/terms/main/2026FA/drop", "/terms/main/2026SP/choose", "a person: grades are in", "/sections?sync=main&amp;term=2026FA"},
		"/terms?sync=summer&job=" + id(25):    {"Running:"},
		"/attendance":                         {"2 days wait for a person", "2 of 30 people attended, and 24 a week before.", "all sections: The log of the LMS is silent.", "24 of 30", "1,830", "/attendance/main/2026-08-31/release?section=BIO-101-01-2026FA", "/attendance/people?from=2026-08-31&amp;section=BIO-101-01-2026FA&amp;sync=main&amp;to=2026-08-31", `rel="next"`, "Conflict"},
		"/attendance?section=CHEM":            {"1 day waits for a person"},
		"/attendance?sync=summer":             {"No attendance yet"},
		"/attendance/people":                  {"The SIS has 90 minutes, which a person entered.", "S-1044", "ATT_CONFLICT", "Release"},
		"/attendance/people?state=held":       {"No day matches"},
		"/attendance/people?person=S-1045":    {"The sink did not answer."},
		"/attendance/main/2026-08-31/release": {"Let this day be posted?", "2026-08-31, all sections", "The log of the LMS is silent."},
	} {
		body := get(t, h, path).Body.String()
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q", path, want)
			}
		}
	}
	for path, want := range map[string]int{
		"/messages/main/none": http.StatusNotFound, "/sections/main/none": http.StatusNotFound, "/sections?state=lost": http.StatusBadRequest,
		"/why?sync=winter": http.StatusNotFound, "/sections:rekey/main/persons/same": http.StatusNotFound, "/sections/main/none/link": http.StatusNotFound,
		"/terms/main/none/choose": http.StatusNotFound, "/attendance?from=monday": http.StatusBadRequest, "/attendance?after=x": http.StatusBadRequest, "/attendance/main/monday/release": http.StatusNotFound,
	} {
		if got := get(t, h, path).Code; got != want {
			t.Errorf("%s is %d, want %d", path, got, want)
		}
	}
}

func TestWhatAPersonSaysOfARecordStartsAJobAndLeadsBack(t *testing.T) {
	campus := campusOf(campusMail())
	h := dashboard(t, web.Config{Campus: campus})
	message, section := "/messages/main/"+id(899), "/sections/main/CHEM-201-03-2026FA"
	for _, say := range []struct {
		path, value, back, want string
	}{
		{message + "/skip", "", message, `main sis.skip {"messages":["` + id(899) + `"],"reason":"checked","sync":"main"}`},
		{message + "/hold", "", message, `main sis.skip {"hold":true,"messages":["` + id(899) + `"],"reason":"checked","sync":"main"}`},
		{message + "/retry", "", message, `main sis.skip {"back":true,"messages":["` + id(899) + `"],"reason":"checked","sync":"main"}`},
		{"/messages:retry/main", "", "/messages", `main sis.skip {"back":true,"reason":"checked","sync":"main"}`},
		{section + "/link", "CHEM-201", section, `main sis.link {"course":"CHEM-201","reason":"checked","section":"CHEM-201-03-2026FA","sync":"main"}`},
		{section + "/unlink", "", section, `main sis.unlink {"reason":"checked","section":"CHEM-201-03-2026FA","sync":"main"}`},
		{"/terms/main/2026SP/choose", "", "/terms", `main sis.term {"reason":"checked","sync":"main","term":"2026SP"}`},
		{"/terms/main/2026FA/drop", "", "/terms", `main sis.term {"drop":true,"reason":"checked","sync":"main","term":"2026FA"}`},
		{"/attendance/main/2026-08-31/release?section=BIO-101-01-2026FA", "", "/attendance", `main release 2026-08-31 BIO-101-01-2026FA checked`},
		{"/attendance/main/2026-08-31/release", "", "/attendance", `main release 2026-08-31  checked`},
		{"/sections:rekey/main/sections/same?term=2026FA", "", "/sections", `main sis.rekey {"stream":"sections","sync":"main","term":"2026FA"}`},
		{"/sections:rekey/main/sections/other?new=GEO-300-02-2026FA", "", "/sections/main/GEO-300-02-2026FA", `main sis.rekey {"new":["GEO-300-02-2026FA"],"refuse":true,"stream":"sections","sync":"main","term":"2026FA"}`},
	} {
		w := post(t, h, say.path, url.Values{"value": {say.value}, "reason": {"checked"}})
		to, _ := url.Parse(w.Header().Get("Location"))
		if w.Code != http.StatusSeeOther || to.Path != say.back || to.Query().Get("job") != id(25) {
			t.Errorf("%s answers %d and leads to %q", say.path, w.Code, to)
		}
		if n := len(campus.started); n == 0 || campus.started[n-1] != say.want {
			t.Errorf("%s starts %q, want %s", say.path, campus.started, say.want)
		}
	}
	before := slices.Clone(campus.started)
	for path, ask := range map[string]url.Values{
		message + "/skip":        {},
		section + "/link":        {"reason": {"checked"}},
		"/sections/main/no/link": {"value": {"x"}, "reason": {"x"}},
	} {
		if got := post(t, h, path, ask).Code; got < 400 {
			t.Errorf("%s with %v answers %d", path, ask, got)
		}
	}
	if !slices.Equal(before, campus.started) {
		t.Errorf("started %q", campus.started[len(before):])
	}
}

func TestWhoOnlyLooksIsOfferedNothingToSay(t *testing.T) {
	campus := campusOf(campusMail())
	campus.looks = true
	h := dashboard(t, web.Config{Campus: campus})
	for _, path := range []string{"/messages", "/messages/main/" + id(899), "/sections", "/sections/main/BIO-101-01-2026FA", "/sections/main/GEO-300-02-2026FA", "/terms", "/attendance", "/attendance/people"} {
		for _, word := range []string{"/choose", "/drop", "/release", "/skip", "/retry", "/link", "/unlink", ":rekey", ":retry"} {
			for _, link := range attrs(elements(t, get(t, h, path).Body.String()), "a", "href") {
				if strings.Contains(link, word) {
					t.Errorf("%s offers %s", path, link)
				}
			}
		}
	}
	if got := post(t, h, "/messages/main/"+id(899)+"/skip", url.Values{"reason": {"x"}}).Code; got != http.StatusForbidden || len(campus.started) > 0 {
		t.Errorf("skipping answers %d and starts %q", got, campus.started)
	}
}
