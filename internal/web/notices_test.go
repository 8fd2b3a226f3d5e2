package web_test

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/internal/web"
)

// campusNotices are what is told on a campus: a job is followed, a rule tells
// kim, another one a chat, and one message did not arrive.
func campusNotices() *apitest.Notices {
	return &apitest.Notices{
		Heard: []notice.Follow{
			{Person: auth.Local.Name, Job: id(25), Since: noon.Add(-time.Minute)},
			{Person: auth.Local.Name, Job: id(23), Since: noon.Add(-time.Hour), Told: at(-90 * time.Second)},
			{Person: auth.Local.Name, Job: "pruned", Since: noon.Add(-time.Hour), Told: at(-90 * time.Second)},
		},
		Rules: []notice.Rule{
			{Name: "imports", Tasks: "sis.*", Client: "default", Outcomes: []notice.What{notice.Failed, notice.Missed}, Channel: notice.ToPerson, To: "kim", Owner: "kim", Revision: 1},
			{Name: "night", Outcomes: []notice.What{notice.Failed}, Late: job.Seconds(15 * time.Minute), Over: 2, Channel: notice.Chat, Format: notice.Slack, To: "https://hooks.example.com/T0/hidden", Digest: notice.Daily, Hour: 7, Quiet: &notice.Quiet{From: "22:00", To: "07:00"}, Zone: "Europe/Berlin", Owner: "kim", Revision: 3, Paused: true},
		},
		Letter: []notice.Delivery{
			{ID: id(701), Rule: "imports", Channel: notice.ToPerson, To: "kim", Subject: "Pull teachers of main failed", State: notice.Sent, Attempts: 1, Answer: "250 ok", Created: noon.Add(-time.Hour), Sent: at(-time.Hour)},
			{ID: id(702), Rule: "night", Channel: notice.Chat, To: "https://hooks.example.com/T0/hidden", Subject: "3 failed", State: notice.Given, Attempts: 8, Answer: "The receiver answers 404.", Created: noon.Add(-30 * time.Minute)},
			{ID: id(703), Rule: "gone", Channel: notice.ToEmail, To: "office@example.edu", Subject: "Import failed", State: notice.Retrying, Attempts: 2, Answer: "421 later", Created: noon.Add(-5 * time.Minute), Next: at(2 * time.Minute)},
		},
	}
}

// noticesOf are the pages' notices.
func noticesOf(records *apitest.Notices, jobs *fakeJobs) api.NoticeBook {
	return api.NoticeBook{
		Ledger: records, Access: apitest.NewAccess(), LocalEmail: "ops@example.edu", Now: func() time.Time { return noon },
		Job: func(ctx context.Context, id string) (job.Job, error) { return jobs.Job(ctx, id) },
	}
}

func TestAPersonIsNotifiedOfAJobByOneButton(t *testing.T) {
	records, jobs := &apitest.Notices{}, campusDay()
	h := dashboard(t, web.Config{Jobs: jobs, Notices: noticesOf(records, jobs)})
	press := `formaction="/jobs/` + id(24) + `/notify"`
	list := get(t, h, "/jobs?state=running").Body.String()
	if !strings.Contains(list, press+` title="Notify me when finished"`) || !strings.Contains(list, `id="bells" method="post" action="/jobs"><input type="hidden" name="next" value="/jobs?q=state%3Arunning"`) {
		t.Fatalf("the list offers nothing:\n%s", list)
	}
	w := post(t, h, "/jobs/"+id(24)+"/notify", url.Values{"next": {"/jobs?state=running"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/jobs?state=running" {
		t.Errorf("%d to %s", w.Code, w.Header().Get("Location"))
	}
	if list := get(t, h, "/jobs").Body.String(); !strings.Contains(list, `class="on" form="bells" formaction="/jobs/`+id(24)+`/unnotify" title="You will be notified"`) {
		t.Error("the list does not say that the person will be notified")
	}
	if page := get(t, h, "/jobs/"+id(24)).Body.String(); !strings.Contains(page, "You will be notified") || strings.Contains(page, "Notify me when finished") {
		t.Error("the page of the job does not say it")
	}
	w = post(t, h, "/jobs/"+id(24)+"/unnotify", url.Values{"next": {"//evil.example"}})
	if w.Header().Get("Location") != "/jobs/"+id(24) || len(records.Heard) != 0 {
		t.Errorf("led to %s; followed: %v", w.Header().Get("Location"), records.Heard)
	}
	if page := get(t, h, "/jobs/"+id(24)).Body.String(); !strings.Contains(page, "Notify me when finished") {
		t.Error("it is not offered again")
	}
}

func TestNobodyIsOfferedToBeNotifiedInVain(t *testing.T) {
	jobs := campusDay()
	book := noticesOf(&apitest.Notices{}, jobs)
	h := dashboard(t, web.Config{Jobs: jobs, Notices: book})
	if strings.Contains(get(t, h, "/jobs/"+id(23)).Body.String(), "/notify") {
		t.Error("of a job that has ended")
	}
	if strings.Contains(get(t, h, "/jobs?state=succeeded").Body.String(), "/notify") {
		t.Error("of jobs that have ended, in the list")
	}
	if w := post(t, h, "/jobs/"+id(23)+"/notify", nil); w.Code != http.StatusConflict {
		t.Errorf("a job that has ended is followed: %d", w.Code)
	}
	book.LocalEmail = ""
	h = dashboard(t, web.Config{Jobs: jobs, Notices: book})
	page := get(t, h, "/jobs/"+id(25)).Body.String()
	if strings.Contains(page, "/notify") || !strings.Contains(page, "the setting notify.local_email has it") {
		t.Error("without an address it is offered, or not said what is missing")
	}
	if w := post(t, h, "/jobs/"+id(25)+"/notify", nil); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "notify.local_email") {
		t.Errorf("without an address: %d", w.Code)
	}
	paul := signedIn(t, web.Config{Jobs: jobs, Notices: book}, apitest.NewAccess().Who("paul"))
	if page := get(t, paul, "/notices").Body.String(); !strings.Contains(page, "add it to your account") {
		t.Error("a person is not told where to set the address")
	}
}

func TestALiveAnswerKeepsTheBell(t *testing.T) {
	h := dashboard(t, web.Config{})
	for _, path := range []string{"/jobs", "/notices", "/jobs/" + id(25)} {
		r := httptest.NewRequest("GET", path, http.NoBody)
		r.Header.Set("Beadle-Live", "1")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), "/jobs/"+id(25)+"/unnotify") {
			t.Errorf("%s loses it", path)
		}
		if diff := cmp.Diff(sorted(live(elements(t, get(t, h, path).Body.String()))), sorted(live(elements(t, "<div>"+w.Body.String()+"</div>")))); diff != "" {
			t.Errorf("%s: live parts of the page and of the answer (-page +answer):\n%s", path, diff)
		}
	}
}

func TestNoticesSayWhoIsToldAndWhatBecameOfIt(t *testing.T) {
	h := dashboard(t, web.Config{Mail: "smtp.example.edu"})
	body := get(t, h, "/notices").Body.String()
	for _, want := range []string{
		"You are told at ops@example.edu.", "Process registrations of main", "By smtp.example.edu.",
		"failed, was missed", "sis.* of default", "starts more than 15 min late", "takes over 2 × as long as usual", "chat https://hooks.example.com/…",
		"Together daily at 07:00, not from 22:00 to 07:00, Europe/Berlin", "Paused</span>", `formaction="/notices/rules/night/resume"`,
		"The receiver answers 404.", `action="/notices/deliveries/` + id(702) + `/retry"`, "next try ", "in 2 min", "office@example.edu",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(body, "T0/hidden") {
		t.Error("the page tells the secret part of an address")
	}
	if body := get(t, dashboard(t, web.Config{}), "/notices").Body.String(); !strings.Contains(body, "notify.smtp names no server") {
		t.Error("the page does not say that no mail server is set")
	}
}

func TestADeliveryThatFailedIsRetriedByAButton(t *testing.T) {
	records, jobs := campusNotices(), campusDay()
	h := dashboard(t, web.Config{Notices: noticesOf(records, jobs)})
	if w := post(t, h, "/notices/deliveries/"+id(702)+"/retry", nil); w.Code != http.StatusSeeOther || records.Letter[1].State != notice.Pending {
		t.Errorf("%d, %s", w.Code, records.Letter[1].State)
	}
	if w := post(t, h, "/notices/deliveries/"+id(701)+"/retry", nil); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `href="/notices"`) {
		t.Errorf("one that was sent: %d", w.Code)
	}
	paul := signedIn(t, web.Config{Notices: noticesOf(records, jobs)}, apitest.NewAccess().Who("paul"))
	if w := post(t, paul, "/notices/deliveries/"+id(702)+"/retry", nil); w.Code != http.StatusNotFound {
		t.Errorf("somebody else's: %d", w.Code)
	}
}

// fullRule is a form in which everything is filled in.
func fullRule() url.Values {
	return url.Values{
		"name": {"late-imports"}, "tasks": {"sis.*"}, "client": {"default"}, "outcomes": {"failed", "held"}, "late": {"15 min"}, "over": {"1,5"},
		"channel": {"chat"}, "to": {"https://hooks.example.com/T1/hidden"}, "format": {"template"}, "template": {`{"text": {{json .Subject}}}`}, "secrets": {""},
		"digest": {"daily"}, "hour": {"7"}, "quiet_from": {"22:00"}, "quiet_to": {"07:00"}, "zone": {"Europe/Berlin"}, "revision": {"0"},
	}
}

func TestARuleIsAddedEditedPausedTestedAndDeletedByForms(t *testing.T) {
	records, jobs := &apitest.Notices{}, campusDay()
	h := dashboard(t, web.Config{Notices: noticesOf(records, jobs)})
	if w := post(t, h, "/notices/new", fullRule()); w.Code != http.StatusSeeOther {
		t.Fatalf("added: %d\n%s", w.Code, main(w))
	}
	want := notice.Rule{
		Name: "late-imports", Tasks: "sis.*", Client: "default", Outcomes: []notice.What{notice.Failed, notice.Held}, Late: job.Seconds(15 * time.Minute), Over: 1.5,
		Channel: notice.Chat, To: "https://hooks.example.com/T1/hidden", Format: notice.Custom, Template: `{"text": {{json .Subject}}}`,
		Digest: notice.Daily, Hour: 7, Quiet: &notice.Quiet{From: "22:00", To: "07:00"}, Zone: "Europe/Berlin",
		Owner: auth.Local.Name, Revision: 1, Changed: noon,
	}
	if diff := cmp.Diff(want, records.Rules[0]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	body := get(t, h, "/notices/rules/late-imports").Body.String()
	for _, text := range []string{`value="https://hooks.example.com/…"`, `value="15 min"`, `value="1.5"`, `value="held" checked`, `name="revision" value="1"`} {
		if !strings.Contains(body, text) {
			t.Errorf("the form lacks %s", text)
		}
	}
	form := fullRule()
	form.Set("to", "https://hooks.example.com/…")
	form.Set("revision", "1")
	form.Set("hour", "8")
	if w := post(t, h, "/notices/rules/late-imports", form); w.Code != http.StatusSeeOther || records.Rules[0].To != want.To || records.Rules[0].Hour != 8 {
		t.Errorf("edited: %d, %+v", w.Code, records.Rules[0])
	}
	if w := post(t, h, "/notices/rules/late-imports", form); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "has changed in the meantime") {
		t.Errorf("edited from an old revision: %d", w.Code)
	}
	post(t, h, "/notices/rules/late-imports/pause", nil)
	if !records.Rules[0].Paused || records.Rules[0].To != want.To {
		t.Errorf("paused: %+v", records.Rules[0])
	}
	post(t, h, "/notices/rules/late-imports/resume", nil)
	if w := post(t, h, "/notices/rules/late-imports/test", nil); w.Code != http.StatusSeeOther || len(records.Letter) != 1 || records.Rules[0].Paused {
		t.Errorf("tested: %d, %v", w.Code, records.Letter)
	}
	if w := get(t, h, "/notices/rules/late-imports/delete"); !strings.Contains(w.Body.String(), "Delete this rule?") || len(records.Rules) != 1 {
		t.Errorf("asked: %d", w.Code)
	}
	post(t, h, "/notices/rules/late-imports/delete", nil)
	if len(records.Rules) != 0 {
		t.Error("the rule is still there")
	}
}

func TestWhatIsWrongWithARuleIsSaidBesideIt(t *testing.T) {
	h := dashboard(t, web.Config{Notices: noticesOf(&apitest.Notices{}, campusDay())})
	for control, tt := range map[string]struct{ value, want string }{
		"name":       {"Bad Name", "must be 1 to 64"},
		"tasks":      {"sis*", "Tasks are a task"},
		"late":       {"soon", "is not a length of time"},
		"over":       {"often", "how many times"},
		"to":         {"ftp://x", "http or https URL"},
		"format":     {"carrier", "There is no format"},
		"template":   {"{{", "cannot be read"},
		"digest":     {"weekly", "There is no digest"},
		"hour":       {"25", "0 to 23"},
		"quiet_from": {"late", "Quiet times are like"},
		"zone":       {"Mars", "There is no time zone"},
	} {
		form := fullRule()
		form.Set(control, tt.value)
		w := post(t, h, "/notices/new", form)
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", control, w.Code)
		}
		for _, e := range elements(t, w.Body.String()) {
			if e.attrs["name"] == control && e.attrs["aria-invalid"] != "true" {
				t.Errorf("%s is not marked", control)
			}
		}
		if body := w.Body.String(); !strings.Contains(body, tt.want) || !strings.Contains(body, `value="late-imports"`) && control != "name" {
			t.Errorf("%s: %s", control, main(w))
		}
	}
}

func TestTheSecretOfAWebhookIsShownOnce(t *testing.T) {
	records := &apitest.Notices{}
	h := dashboard(t, web.Config{Notices: noticesOf(records, campusDay())})
	form := fullRule()
	form.Set("channel", "webhook")
	w := post(t, h, "/notices/new", form)
	if w.Code != http.StatusOK || !strings.Contains(html.UnescapeString(w.Body.String()), records.Rules[0].Secrets[0]) {
		t.Fatalf("%d\n%s", w.Code, main(w))
	}
	if body := get(t, h, "/notices/rules/late-imports").Body.String(); strings.Contains(body, "whsec_") || !strings.Contains(body, "••••") {
		t.Error("it is shown again")
	}
}

func TestRulesForOthersAreOfferedToThoseWhoMayHaveThem(t *testing.T) {
	records := campusNotices()
	paul := signedIn(t, web.Config{Notices: noticesOf(records, campusDay())}, apitest.NewAccess().Who("paul"))
	if body := get(t, paul, "/notices/new").Body.String(); strings.Contains(body, `<select id="channel"`) || !strings.Contains(body, "You, by e-mail.") {
		t.Error("paul is offered to tell others")
	}
	if body := get(t, paul, "/notices").Body.String(); strings.Contains(body, "night") || strings.Contains(body, "office@example.edu") {
		t.Error("paul sees rules and messages of others")
	}
	if w := post(t, paul, "/notices/new", fullRule()); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "Telling others takes the right") {
		t.Errorf("paul tells a chat: %d", w.Code)
	}
	form := fullRule()
	form.Set("channel", "person")
	form.Set("to", "paul")
	if w := post(t, paul, "/notices/new", form); w.Code != http.StatusSeeOther {
		t.Errorf("paul tells himself: %d\n%s", w.Code, main(w))
	}
	for _, path := range []string{"/notices/rules/night", "/notices/rules/night/delete"} {
		if w := get(t, paul, path); w.Code != http.StatusNotFound {
			t.Errorf("paul opens %s: %d", path, w.Code)
		}
	}
	for _, path := range []string{"", "/pause", "/test", "/delete"} {
		if w := post(t, paul, "/notices/rules/night"+path, fullRule()); w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
			t.Errorf("paul sends %s: %d", path, w.Code)
		}
	}
	if len(records.Rules) != 3 || len(records.Letter) != 3 {
		t.Errorf("%d rules, %d messages", len(records.Rules), len(records.Letter))
	}
}
