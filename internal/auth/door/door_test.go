package door_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/auth/door"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
)

const (
	password = "four words in a row"
	wrong    = "four words in a bow"
)

// A house is a door on a real ledger, with a clock that the test moves.
type house struct {
	*testing.T
	*door.Door
	store *flaky
	now   time.Time
}

// flaky is a store that can be away.
type flaky struct {
	*ledger.Ledger
	away bool
}

var errAway = fault.New(fault.Unavailable, "The ledger database does not answer.")

func (f *flaky) Session(ctx context.Context, id string) (auth.Session, error) {
	if f.away {
		return auth.Session{}, errAway
	}
	return f.Ledger.Session(ctx, id)
}

func (f *flaky) Token(ctx context.Context, id string) (auth.Token, string, error) {
	if f.away {
		return auth.Token{}, "", errAway
	}
	return f.Ledger.Token(ctx, id)
}

func build(t *testing.T, p *door.Provider) *house {
	h := buildFor(t, p)
	h.T = t
	return h
}

func buildFor(t testing.TB, p *door.Provider) *house {
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	h := &house{store: &flaky{Ledger: records}, now: time.Now().Truncate(time.Second).UTC()}
	h.Door = door.New(door.Options{
		Store: h.store, Passwords: true, Token: "s3cret", Provider: p, Idle: time.Hour, Longest: 5 * time.Hour,
		Now: func() time.Time { return h.now }, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	return h
}

func (h *house) after(d time.Duration) { h.now = h.now.Add(d) }

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// refused checks that err is of that kind and says what in its words.
func (h *house) refused(err error, kind fault.Kind, what string) {
	h.Helper()
	if fault.KindOf(err) != kind || err == nil || !strings.Contains(fault.Message(err), what) {
		h.Errorf("got %v, want a refusal that says %q", err, what)
	}
}

// ended checks that err tells the audit that an identity was good once.
func (h *house) ended(err error, whose, why string) {
	h.Helper()
	if e, ok := errors.AsType[*auth.Ended](err); !ok || e.Whose != whose || !strings.Contains(e.Why, why) {
		h.Errorf("got %v, want the end of an identity of %s: %s", err, whose, why)
	}
}

func secretOf(link string) string { return strings.TrimPrefix(link, "/setup/") }

// first makes root the first superadmin.
func (h *house) first() {
	h.Helper()
	link, err := h.First(h.Context())
	h.must(err)
	h.must(h.SetUp(h.Context(), secretOf(link), "root", password))
}

// has adds somebody with a password.
func (h *house) has(name string, grants ...auth.Grant) {
	h.Helper()
	link, err := h.AddPerson(h.Context(), auth.Person{Name: name, Grants: grants})
	h.must(err)
	h.must(h.SetUp(h.Context(), secretOf(link), "", password))
}

func (h *house) login(name, password string) (string, error) {
	cookie, _, err := h.LogIn(h.Context(), name, password, "a browser", "192.0.2.1:4711")
	return cookie, err
}

func (h *house) in(name string) string {
	h.Helper()
	cookie, err := h.login(name, password)
	h.must(err)
	return cookie
}

func (h *house) who(cookie string) auth.Who {
	h.Helper()
	w, err := h.WhoOfSession(h.Context(), cookie, false)
	h.must(err)
	return w
}

func TestTheFirstLinkWorksOnce(t *testing.T) {
	h := build(t, nil)
	link, err := h.First(t.Context())
	h.must(err)
	other, err := h.First(t.Context())
	h.must(err)
	h.refused(h.SetUp(t.Context(), secretOf(link), "root", "short"), fault.Invalid, "at least 12")
	h.refused(h.SetUp(t.Context(), secretOf(link), "administrator", "Administrator"), fault.Invalid, "not be the name")
	h.refused(h.SetUp(t.Context(), secretOf(link), "token", password), fault.Invalid, "take another")
	h.must(h.SetUp(t.Context(), secretOf(link), "Root", password))
	for _, used := range []string{link, other} {
		h.refused(h.SetUp(t.Context(), secretOf(used), "eve", password), fault.NotFound, "used already")
	}
	if again, err := h.First(t.Context()); again != "" || err != nil {
		t.Errorf("there is a link for a second first person: %q, %v", again, err)
	}
	if w := h.who(h.in("root")); w.Name != "root" || !w.Everywhere(auth.Administer) {
		t.Errorf("the first person is %+v", w)
	}
}

func TestALinkIsTooOldAfterADay(t *testing.T) {
	h := build(t, nil)
	h.first()
	link, err := h.AddPerson(t.Context(), auth.Person{Name: "paul", Grants: []auth.Grant{{Role: auth.PowerUser}}})
	h.must(err)
	h.after(25 * time.Hour)
	h.refused(h.SetUp(t.Context(), secretOf(link), "", password), fault.NotFound, "too old")
	if link, err = h.Invite(t.Context(), "paul"); err != nil {
		t.Fatal(err)
	}
	h.must(h.SetUp(t.Context(), secretOf(link), "", password))
	cookie := h.in("paul")
	again, err := h.Invite(t.Context(), "paul")
	h.must(err)
	h.who(cookie) // until the link is used
	h.must(h.SetUp(t.Context(), secretOf(again), "", "another four words"))
	_, err = h.WhoOfSession(t.Context(), cookie, false)
	h.ended(err, "paul", "ended")
	_, err = h.login("paul", password)
	h.refused(err, fault.Denied, "do not go together")
}

func TestAllWrongLoginsAreToldTheSame(t *testing.T) {
	h := build(t, nil)
	h.first()
	h.has("paul")
	h.has("dora")
	h.must(h.disable("dora", true))
	for _, try := range [][2]string{{"paul", wrong}, {"nobody-here", password}, {"dora", password}, {"", ""}, {strings.Repeat("x", 10_000), password}, {"paul", strings.Repeat("x", 2000)}} {
		_, err := h.login(try[0], try[1])
		h.refused(err, fault.Denied, "That name and password do not go together.")
	}
}

func (h *house) disable(name string, yes bool) error {
	_, _, err := h.EditPerson(h.Context(), name, auth.PersonEdit{Disabled: &yes})
	return err
}

func TestWrongLoginsHaveToWaitLongerAndLonger(t *testing.T) {
	h := build(t, nil)
	h.first()
	for range 5 {
		_, err := h.login("root", wrong)
		h.refused(err, fault.Denied, "do not go together")
	}
	for _, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		_, err := h.login("root", password)
		h.refused(err, fault.Unavailable, "too many wrong logins")
		if f, _ := errors.AsType[*fault.Error](err); f.After != wait {
			t.Errorf("wait %s, want %s", f.After, wait)
		}
		h.after(wait)
		_, err = h.login("root", wrong)
		h.refused(err, fault.Denied, "do not go together")
	}
	h.after(8 * time.Second)
	h.in("root")
	_, err := h.login("root", wrong)
	h.refused(err, fault.Denied, "do not go together") // counted from the beginning
}

func TestAnAddressThatTriesManyNamesHasToWait(t *testing.T) {
	h := build(t, nil)
	var err error
	for i := range 51 {
		_, _, err = h.LogInWithToken(t.Context(), strings.Repeat("x", i+1), "", "192.0.2.1:1")
	}
	h.refused(err, fault.Unavailable, "too many wrong logins")
	if _, _, err = h.LogInWithToken(t.Context(), "s3cret", "", "192.0.2.2:1"); err != nil {
		t.Errorf("another address: %v", err)
	}
	h.after(10 * time.Minute)
	if _, _, err = h.LogInWithToken(t.Context(), "s3cret", "", "192.0.2.1:1"); err != nil {
		t.Errorf("later: %v", err)
	}
}

func TestASessionEndsWhenItIsLeftAloneAndAtTheLatest(t *testing.T) {
	h := build(t, nil)
	h.first()
	left, used := h.in("root"), h.in("root")
	for range 5 {
		h.after(59 * time.Minute)
		h.who(used)
	}
	_, err := h.WhoOfSession(t.Context(), left, false)
	h.refused(err, fault.Denied, "Sign in again")
	h.after(6 * time.Minute)
	_, err = h.WhoOfSession(t.Context(), used, false)
	h.refused(err, fault.Denied, "Sign in again")
}

func TestACookieIsWorthNothingAfterLogout(t *testing.T) {
	h := build(t, nil)
	h.first()
	cookie, other := h.in("root"), h.in("root")
	h.must(h.LogOut(t.Context(), cookie))
	_, err := h.WhoOfSession(t.Context(), cookie, true)
	h.refused(err, fault.Denied, "Sign in again")
	h.ended(err, "root", "the session was ended")
	h.who(other)
	if s, err := h.Sessions(t.Context(), "root"); err != nil || len(s) != 2 || s[0].ID == cookie || s[0].Address != "192.0.2.1" {
		t.Errorf("sessions: %+v, %v", s, err)
	}
}

func TestADisabledPersonIsOutAtOnce(t *testing.T) {
	h := build(t, nil)
	h.first()
	h.has("paul", auth.Grant{Role: auth.PowerUser})
	cookie := h.in("paul")
	_, token, err := h.NewToken(t.Context(), auth.Token{Name: "script", Person: "paul", Expires: h.now.Add(time.Hour)})
	h.must(err)
	h.must(h.disable("paul", true))
	_, err = h.WhoOfSession(t.Context(), cookie, true)
	h.ended(err, "paul", "")
	_, err = h.WhoOfToken(t.Context(), token, true)
	h.ended(err, "paul", "the person is disabled")
}

func TestSomebodyAlwaysAdministers(t *testing.T) {
	h := build(t, nil)
	h.first()
	h.refused(h.disable("root", true), fault.Conflict, "Nobody would be left")
	link, err := h.AddPerson(t.Context(), auth.Person{Name: "anna", Grants: []auth.Grant{{Role: auth.Superadmin}}})
	h.must(err)
	h.refused(h.disable("root", true), fault.Conflict, "Nobody would be left") // anna has no password yet
	h.must(h.SetUp(t.Context(), secretOf(link), "", password))
	h.must(h.disable("root", true))
}

func TestATokenIsGoodForItsGrantsUntilItEnds(t *testing.T) {
	h := build(t, nil)
	h.first()
	h.has("nora", auth.Grant{Role: auth.Operator, Client: "north"})
	make := func(expires time.Duration, g ...auth.Grant) (auth.Token, string, error) {
		return h.NewToken(t.Context(), auth.Token{Name: "script", Person: "nora", Grants: g, Expires: h.now.Add(expires)})
	}
	_, _, err := make(367 * 24 * time.Hour)
	h.refused(err, fault.Invalid, "366 days")
	_, _, err = make(time.Hour, auth.Grant{Role: auth.Operator})
	h.refused(err, fault.Denied, "cannot either")
	made, token, err := make(time.Hour, auth.Grant{Role: auth.Viewer, Client: "north", Tasks: "sis.*"})
	h.must(err)
	if !strings.HasPrefix(token, "beadle_"+made.ID+"_") {
		t.Errorf("the token is %s", token)
	}
	w, err := h.WhoOfToken(t.Context(), token, false)
	h.must(err)
	if w.Name != "nora" || w.Token != made.ID || !w.May(auth.See, "north", "sis.plan") || w.May(auth.Operate, "north", "sis.plan") || w.May(auth.See, "north", "lms.x") {
		t.Errorf("the token is of %+v", w)
	}
	_, err = h.WhoOfToken(t.Context(), token+"x", false)
	h.refused(err, fault.Denied, "not known")
	h.after(time.Hour)
	_, err = h.WhoOfToken(t.Context(), token, false)
	h.ended(err, "nora", "has expired")
	made, token, err = make(time.Hour)
	h.must(err)
	h.must(h.RevokeToken(t.Context(), made.ID))
	_, err = h.WhoOfToken(t.Context(), token, true)
	h.ended(err, "nora", "was revoked")
}

func TestWhoWasLetInLatelyIsBelievedWhileTheStoreIsAway(t *testing.T) {
	h := build(t, nil)
	h.first()
	cookie, unseen := h.in("root"), h.in("root")
	h.who(cookie)
	h.store.away = true
	if w, err := h.WhoOfSession(t.Context(), cookie, true); err != nil || w.Name != "root" {
		t.Errorf("got %+v, %v", w, err)
	}
	_, err := h.WhoOfSession(t.Context(), cookie, false)
	h.refused(err, fault.Unavailable, "does not answer")
	_, err = h.WhoOfSession(t.Context(), unseen, true)
	h.refused(err, fault.Unavailable, "does not answer")
	h.after(5 * time.Minute)
	_, err = h.WhoOfSession(t.Context(), cookie, true)
	h.refused(err, fault.Unavailable, "does not answer")
	if w, err := h.WhoOfToken(t.Context(), "s3cret", false); err != nil || w.Name != "token" {
		t.Errorf("the installation's token: %+v, %v", w, err)
	}
}

func TestASessionOfTheTokenEndsWithTheToken(t *testing.T) {
	h := build(t, nil)
	_, _, err := h.LogInWithToken(t.Context(), "guess", "", "192.0.2.1:1")
	h.refused(err, fault.Denied, "not the token")
	cookie, _, err := h.LogInWithToken(t.Context(), "s3cret", "", "192.0.2.1:1")
	h.must(err)
	if w := h.who(cookie); w.Name != "token" || w.Session == "" {
		t.Errorf("got %+v", w)
	}
	h.Token = "another"
	_, err = h.WhoOfSession(t.Context(), cookie, false)
	h.refused(err, fault.Denied, "Sign in again")
}

func TestASuperadminSeesThePagesAsSomebodyElse(t *testing.T) {
	h := build(t, nil)
	h.first()
	h.has("paul", auth.Grant{Role: auth.PowerUser})
	root, paul := h.in("root"), h.in("paul")
	h.refused(h.SeeAs(t.Context(), h.who(paul).Session, "root"), fault.Denied, "Only a superadmin")
	session := h.who(root).Session
	h.refused(h.SeeAs(t.Context(), session, "nobody-here"), fault.NotFound, "no person")
	h.must(h.SeeAs(t.Context(), session, "paul"))
	if w := h.who(root); w.Name != "paul" || w.By != "root" || w.Session != session || w.Everywhere(auth.Administer) {
		t.Errorf("seen as %+v", w)
	}
	h.must(h.SeeAs(t.Context(), session, ""))
	if w := h.who(root); w.Name != "root" || w.By != "" {
		t.Errorf("seen as %+v", w)
	}
}

func TestAPasswordIsChangedByWhoKnowsIt(t *testing.T) {
	h := build(t, nil)
	h.first()
	h.refused(h.ChangePassword(t.Context(), "root", wrong, "quite another one"), fault.Denied, "old password")
	h.must(h.ChangePassword(t.Context(), "root", password, "quite another one"))
	_, err := h.login("root", password)
	h.refused(err, fault.Denied, "do not go together")
	if _, err := h.login("root", "quite another one"); err != nil {
		t.Error(err)
	}
}

func TestAChangedPasswordEndsTheOtherSessions(t *testing.T) {
	h := build(t, nil)
	h.first()
	mine, theirs := h.in("root"), h.in("root")
	h.must(h.ChangePassword(auth.With(t.Context(), h.who(mine)), "root", password, "quite another one"))
	if w := h.who(mine); w.Name != "root" {
		t.Errorf("the session that changed it is of %+v", w)
	}
	_, err := h.WhoOfSession(t.Context(), theirs, false)
	h.refused(err, fault.Denied, "Sign in again")
}

func TestManyLoginsAtOnceAreNoWayAroundTheLimit(t *testing.T) {
	h := build(t, nil)
	var tried atomic.Int64
	var all sync.WaitGroup
	for i := range 500 {
		all.Go(func() {
			_, _, err := h.LogInWithToken(t.Context(), fmt.Sprintf("token%d", i), "", "192.0.2.1:1")
			if fault.KindOf(err) == fault.Denied {
				tried.Add(1)
			}
		})
	}
	all.Wait()
	if n := tried.Load(); n > 50 {
		t.Errorf("%d tokens were tried from one address", n)
	}
}

func TestAHashOfAnotherCostIsMadeAnew(t *testing.T) {
	h := build(t, nil)
	h.first()
	hash, err := h.store.Password(t.Context(), "root")
	h.must(err)
	cheap := door.CheapHash(password)
	if ok, err := h.store.SetPassword(t.Context(), "root", hash, cheap); !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.in("root")
	if hash, _ = h.store.Password(t.Context(), "root"); hash == cheap || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the hash is %s", hash)
	}
}
