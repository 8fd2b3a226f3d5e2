package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

func dashboard(t testing.TB, c web.Config) http.Handler {
	t.Helper()
	if c.Jobs == nil {
		c.Jobs = campusDay()
	}
	if c.Plans == nil {
		c.Plans = &fakePlans{plans: campusPlans()}
	}
	if c.Campus == nil {
		c.Campus = campusOf(campusMail())
	}
	if c.Catalogue == nil {
		c.Catalogue = fakeCatalogue{"sis.terms.pull", "users.import"}
	}
	if c.Locks == nil {
		c.Locks, c.Limits = campusLocks(), campusLocks()
	}
	if c.Timetable == nil {
		f := campusTimetable()
		c.Timetable, c.Schedules, c.RunSchedule = f, f, f.run
	}
	if c.Errors == nil {
		c.Errors = campusErrors()
	}
	if c.Audit == nil {
		c.Audit = campusAudit()
	}
	if c.Forecast == nil {
		c.Forecast = func(context.Context, string, time.Time, int) ([]job.Firing, error) {
			return []job.Firing{{Schedule: "sis.main", Due: noon.Add(time.Minute)}}, nil
		}
	}
	if c.Queues == nil {
		f := campusQueues()
		c.Queues, c.Workers = f, f
	}
	if c.System == nil {
		c.System = apitest.System
	}
	if c.Retention == nil {
		c.Retention = campusKeeping()
	}
	if c.People == nil {
		c.People = campusPeople(apitest.NewAccess())
	}
	if c.Devices == nil {
		c.Devices = &fakeDevices{state: auth.DevicePending}
	}
	if c.Notices == nil {
		c.Notices = noticesOf(campusNotices(), campusDay())
	}
	if c.Syncs == nil {
		c.Syncs = []string{"main", "summer"}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	c.Now, c.Zone = func() time.Time { return noon }, time.UTC
	h, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return local{h}
}

// local is a dashboard that nobody has to log in to.
type local struct{ *web.Dashboard }

func (l local) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.Dashboard.ServeHTTP(w, r.WithContext(auth.With(r.Context(), auth.Local)))
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, http.NoBody))
	return w
}

func post(t *testing.T, h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
