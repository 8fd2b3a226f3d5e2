package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
)

// refusing tells of logins that were refused, and runs until the test ends.
type refusing struct {
	*testing.T
	*apitest.Platform
	told *api.Refusals
	stop func()
}

func startRefusing(t *testing.T) refusing {
	p := seeded()
	l := &api.Refusals{Log: apitest.Ledger{Platform: p}, Now: time.Now, Slog: slog.New(slog.NewTextHandler(t.Output(), nil))}
	ctx, stop := context.WithCancel(t.Context())
	go func() { _ = l.Run(ctx) }()
	return refusing{t, p, l, stop}
}

func (r refusing) wrong(name, address string) {
	r.told.LoginRefused(r.Context(), auth.Refusal{Way: auth.ByPassword, Name: name, Address: address, Why: "the password is wrong."})
}

// entries are what of the audit does not differ from run to run.
func (r refusing) entries() (all []string) {
	for _, e := range r.Audited() {
		text := fmt.Sprintf("%s %s %s %d %s", e.Method, e.Route, e.Target, e.Answered(), e.Content)
		if e.Outcome != nil {
			text += " " + e.Outcome.Content
		}
		all = append(all, text)
	}
	return all
}

func TestRefusedLoginsOfAMinuteAreOneEntryWithACount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRefusing(t)
		for range 500 {
			r.wrong("ada", "192.0.2.7")
		}
		r.wrong("ada", "192.0.2.8")
		first := []string{
			`POST /login login/ada 403 {"address":"192.0.2.7","by":"password","name":"ada"}`,
			`POST /login login/ada 403 {"address":"192.0.2.8","by":"password","name":"ada"}`,
		}
		if diff := cmp.Diff(first, r.entries()); diff != "" {
			t.Errorf("at once (-want +got):\n%s", diff)
		}
		if e := r.Audited()[0]; e.Actor != auth.Nobody || e.Reason != "Login refused: the password is wrong." {
			t.Errorf("by %s: %s", e.Actor, e.Reason)
		}
		time.Sleep(70 * time.Second)
		synctest.Wait()
		r.wrong("ada", "192.0.2.7")
		want := []string{first[0] + ` {"more":499}`, first[1], first[0]}
		if diff := cmp.Diff(want, r.entries()); diff != "" {
			t.Errorf("after a minute (-want +got):\n%s", diff)
		}
		r.wrong("ada", "192.0.2.7")
		r.stop()
		synctest.Wait()
		want[2] += ` {"more":1}`
		if diff := cmp.Diff(want, r.entries()); diff != "" {
			t.Errorf("at the end (-want +got):\n%s", diff)
		}
	})
}

func TestAFloodOfNamesAndAddressesDoesNotFillTheAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRefusing(t)
		for i := range 5000 {
			r.wrong(fmt.Sprint("guess", i), fmt.Sprintf("192.0.2.%d", i%250))
		}
		time.Sleep(70 * time.Second)
		r.stop()
		synctest.Wait()
		all := r.entries()
		if len(all) != 61 || all[60] != `POST /login login 403  {"more":4939}` {
			t.Errorf("%d entries; the last is %s", len(all), all[len(all)-1])
		}
		if e := r.Audited()[60]; !strings.Contains(e.Reason, "more than 60 names") {
			t.Errorf("it says %s", e.Reason)
		}
	})
}

func TestWhatComesWithNothingGoodIsNoChange(t *testing.T) {
	p := seeded()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	moot := true
	audit := &api.Auditor{
		Log: apitest.Ledger{Platform: p}, Now: time.Now, Slog: log,
		Route: func(r *http.Request) string { return r.Method + " /setup/{secret}" },
		Moot:  func(*http.Request) bool { return moot },
	}
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	h := api.Guard(next, api.GuardOptions{Token: "s3cret", Audit: audit, Log: log})
	for range 200 {
		change(h, "POST", "/setup/guessed", "")
	}
	if all := p.Audited(); len(all) != 0 {
		t.Errorf("%d entries of links that nobody made", len(all))
	}
	moot = false
	change(h, "POST", "/setup/good", "")
	want := said{Method: "POST", Route: "/setup/{secret}", Target: "setup", Status: http.StatusNotFound}
	if diff := cmp.Diff(want, lastSaid(t, p)); diff != "" {
		t.Errorf("a good one (-want +got):\n%s", diff)
	}
	change(h, "POST", "/api/v1/limits", "", "Authorization", "Bearer s3cret")
	if all := p.Audited(); len(all) != 2 || all[1].Actor != auth.Installation.Name {
		t.Errorf("who is known is not audited: %+v", all)
	}
}
