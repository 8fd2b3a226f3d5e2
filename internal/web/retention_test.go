package web_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

// campusKeeping are a rule and a hold, and jobs that ended long ago and today.
func campusKeeping() api.Keeping {
	p := apitest.New()
	long := noon.AddDate(0, -3, 0)
	p.Seed(job.Job{ID: id(1), State: job.Succeeded, Ended: &long})
	p.Seed(job.Job{ID: id(2), State: job.Failed, Ended: at(-time.Hour)})
	k := api.Keeping{Ledger: apitest.Ledger{Platform: p}, Base: job.Retention{Jobs: 400, Errors: 90, Logs: 30}, Now: func() time.Time { return noon }}
	ctx := auth.With(context.Background(), auth.Local)
	if _, _, err := k.Put(ctx, job.RetentionRule{Tasks: "sis.*", Jobs: new(job.Forever), Reason: "<b>the registrar asks</b>"}); err != nil {
		panic(err)
	}
	if _, _, err := k.PutHold(ctx, job.Hold{Name: "audit-2026", On: job.HoldTask, Of: "roster.*", Reason: "the auditors come"}); err != nil {
		panic(err)
	}
	return k
}

// says reports whether a page says all of that.
func says(t *testing.T, w *httptest.ResponseRecorder, status int, all ...string) {
	t.Helper()
	for _, want := range all {
		if w.Code != status || !strings.Contains(w.Body.String(), want) {
			t.Errorf("got %d, want %d with %q in:\n%s", w.Code, status, want, main(w))
		}
	}
}

func TestTheSettingsOfTheLeaderCount(t *testing.T) {
	p := apitest.New()
	p.Lead(job.Retention{Jobs: 30})
	k := api.Keeping{Ledger: apitest.Ledger{Platform: p}, Base: job.Retention{Jobs: 400}}
	if policy, err := k.Policy(auth.With(t.Context(), auth.Local)); err != nil || policy.Base.Jobs != 30 {
		t.Errorf("policy = %+v, %v; want what the leader removes by", policy, err)
	}
}

func TestTheRetentionPageSaysWhatIsKeptAndForHowLong(t *testing.T) {
	h := dashboard(t, web.Config{})
	says(t, get(t, h, "/retention"), 200, "Jobs are kept for 400 days, unless the rule says otherwise.", "Task sis.* of every client",
		"&lt;b&gt;the registrar asks&lt;/b&gt;", `href="/retention/edit?client=&amp;tasks=sis.%2A"`, "audit-2026", "Jobs that ended on each day", "<td>3 Sep 2026</td><td>1</td>", "None yet.")
}

func TestThePageSaysThatNothingIsRemovedUntilSomebodySaysSo(t *testing.T) {
	k := api.Keeping{Ledger: apitest.Ledger{Platform: apitest.New()}, Now: func() time.Time { return noon }}
	says(t, get(t, dashboard(t, web.Config{Retention: k}), "/retention"), 200, "Nothing is removed until somebody sets how long it is kept")
}

func TestAHoldOnAJobIsOnItsLineage(t *testing.T) {
	p := apitest.New()
	p.Seed(job.Job{ID: id(1), State: job.Succeeded, Ended: at(-time.Hour)})
	p.Seed(job.Job{ID: id(2), Root: id(1), Parent: id(1), State: job.Succeeded, Ended: at(-time.Hour)})
	k := api.Keeping{Ledger: apitest.Ledger{Platform: p}, Now: func() time.Time { return noon }}
	_, h, err := k.PutHold(auth.With(t.Context(), auth.Local), job.Hold{Name: "case-17", On: job.HoldJob, Of: id(2), Reason: "a complaint"})
	if err != nil || h.Of != id(1) {
		t.Errorf("it is on %s, %v", h.Of, err)
	}
}

func TestARuleIsSavedAfterItWasSaidWhatWouldGo(t *testing.T) {
	h := dashboard(t, web.Config{})
	form := url.Values{"tasks": {"roster.sync"}, "jobs": {"30d"}, "reason": {"space"}}
	look := post(t, h, "/retention/edit", form)
	says(t, look, 200, "The next run would remove 0 jobs; as things are it would remove 0.", `value="save"`) // a hold covers it
	says(t, get(t, h, "/retention/lift?name=audit-2026"), 200, "Lift this hold?", "the auditors come")
	post(t, h, "/retention/lift", url.Values{"name": {"audit-2026"}, "reason": {"they were here"}})
	says(t, post(t, h, "/retention/edit", form), 200, "The next run would remove 1 job; as things are it would remove 0.")
	if body := get(t, h, "/retention").Body.String(); strings.Contains(body, "Task roster.sync") || strings.Contains(body, "audit-2026") {
		t.Error("looking has saved the rule, or the hold was not lifted")
	}
	form.Set("do", "save")
	if w := post(t, h, "/retention/edit", form); w.Code != 303 {
		t.Errorf("saving is answered by %d: %s", w.Code, main(w))
	}
	says(t, get(t, h, "/retention"), 200, "Task roster.sync of every client", `data-says="jobs ">30d`)
	says(t, get(t, h, "/retention/edit?tasks=roster.sync"), 200, `name="jobs" value="30d"`)
	says(t, get(t, h, "/retention/delete?tasks=roster.sync"), 200, "The next run would remove 0 jobs; as things are it would remove 1.")
	if w := post(t, h, "/retention/delete", url.Values{"tasks": {"roster.sync"}, "reason": {"enough space"}}); w.Code != 303 {
		t.Errorf("deleting is answered by %d: %s", w.Code, main(w))
	}
}

func TestMistakesInWhatIsKeptAreSaid(t *testing.T) {
	h := dashboard(t, web.Config{})
	for _, tt := range []struct {
		path string
		form url.Values
		want string
	}{
		{"/retention/edit", url.Values{"jobs": {"soon"}}, "How long jobs are kept must be days such as 400d"},
		{"/retention/edit", url.Values{"tasks": {"x y"}, "jobs": {"3d"}}, "Field tasks must be a task"},
		{"/retention/edit", url.Values{"jobs": {"3d"}, "do": {"save"}}, "Field reason is required"},
		{"/retention/hold", url.Values{"name": {"Audit!"}, "on": {"task"}}, "Field name must be"},
		{"/retention/lift", url.Values{"name": {"audit-2026"}}, "Field reason is required"},
	} {
		says(t, post(t, h, tt.path, tt.form), 400, tt.want)
	}
	if w := post(t, h, "/retention/hold", url.Values{"name": {"case-7"}, "on": {"owner"}, "of": {"anna"}, "reason": {"a complaint"}}); w.Code != 303 {
		t.Errorf("a good hold is answered by %d: %s", w.Code, main(w))
	}
}

func TestOnlySuperadminsAreOfferedToChangeWhatIsKept(t *testing.T) {
	viewer := auth.Who{Name: "vera", Grants: []auth.Grant{{Role: auth.Viewer}}}
	h := apitest.As(viewer, dashboard(t, web.Config{}).(local).Dashboard)
	w := get(t, h, "/retention")
	says(t, w, 200, "Task sis.* of every client")
	for _, never := range []string{"/retention/edit", "/retention/delete", "audit-2026"} {
		if strings.Contains(w.Body.String(), never) {
			t.Errorf("a viewer is shown %s", never)
		}
	}
	says(t, get(t, h, "/retention/edit"), 403, "Not allowed")
}
