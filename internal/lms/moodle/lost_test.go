package moodle_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A slowMoodle breaks off the first call that creates, and does it only after
// some more calls have come; never, if after is zero.
type slowMoodle struct {
	*moodlesim.Site
	after   int
	held    *http.Request
	creates int
}

func (s *slowMoodle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	creates := strings.Contains(string(body), "_create_")
	if creates {
		s.creates++
	}
	if creates && s.held == nil {
		s.held = r.Clone(r.Context())
		s.held.Body = r.Body
		panic(http.ErrAbortHandler)
	}
	if s.after--; s.after == 0 {
		s.Site.ServeHTTP(httptest.NewRecorder(), s.held)
	}
	s.Site.ServeHTTP(w, r)
}

func TestBadInput(t *testing.T) {
	t.Run("row 31: a call that Moodle goes on with after it broke off is read back, and not made twice", waitsForACallStillWorkedOn)
	t.Run("row 31: what nobody knows is left to a later attempt, and not made twice", leavesWhatNobodyKnows)
}

func waitsForACallStillWorkedOn(t *testing.T) {
	slow := &slowMoodle{Site: moodlesim.New(moodlesim.Options{Token: secret}), after: 5}
	written, err := target(t, slow, moodle.Config{Token: secret}).CreateUsers(t.Context(), people(40))
	wantCodes(t, written, err, map[int]string{})
	if got := len(slow.Users()); got != 40 || slow.creates != 1 {
		t.Errorf("%d accounts in %d calls that create, want 40 in one", got, slow.creates)
	}
}

func leavesWhatNobodyKnows(t *testing.T) {
	slow := &slowMoodle{Site: moodlesim.New(moodlesim.Options{Token: secret})}
	written, err := target(t, slow, moodle.Config{Token: secret}).CreateUsers(t.Context(), people(120))
	if e, ok := errors.AsType[*sis.Error](err); !ok || !e.Temporary || e.Code != "TGT_UNAVAILABLE" {
		t.Errorf("error = %v, want a temporary TGT_UNAVAILABLE", err)
	}
	for i, w := range written {
		if w.ID != "" || !errors.Is(w.Err, err) {
			t.Fatalf("item %d = %+v, want the error of the whole", i, w)
		}
	}
	if slow.creates != 1 {
		t.Errorf("%d calls that create, want no second one", slow.creates)
	}
}

func TestTellsOneAnswerOfAWebServerFromAnother(t *testing.T) {
	for _, tc := range []struct {
		status    int
		body      string
		code      string
		temporary bool
	}{
		{http.StatusOK, "<html>Log in</html>", "TGT_UNAVAILABLE", true},
		{http.StatusOK, "", "TGT_UNAVAILABLE", true},
		{http.StatusOK, `{"exception":"Error","message":"<b>Call to undefined</b> function"}`, "TGT_REFUSED", false},
		{http.StatusInternalServerError, `{"exception":"x","errorcode":"invalidtoken","message":"y"}`, "TGT_AUTH", false},
		{http.StatusInternalServerError, "oops", "TGT_UNAVAILABLE", true},
		{http.StatusGatewayTimeout, "", "TGT_UNAVAILABLE", true},
		{http.StatusTooManyRequests, "", "TGT_UNAVAILABLE", true},
		{http.StatusRequestEntityTooLarge, "<html>", "CONFIG_INVALID", false},
		{http.StatusNotFound, "<html>", "CONFIG_INVALID", false},
		{http.StatusUnauthorized, "", "TGT_AUTH", false},
		{http.StatusForbidden, "<html>blocked</html>", "TGT_AUTH", false},
	} {
		t.Run(fmt.Sprint(tc.status, tc.body), func(t *testing.T) {
			server := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			})
			err := target(t, server, moodle.Config{Token: secret}).Check(t.Context())
			e, ok := errors.AsType[*sis.Error](err)
			if !ok || e.Code != tc.code || e.Temporary != tc.temporary || strings.Contains(e.Message, "<") {
				t.Errorf("error = %#v, want %s, temporary %v, without HTML", err, tc.code, tc.temporary)
			}
		})
	}
}

func TestOneValueThatMoodleRefusesHidesNobodyElse(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{Token: secret})
	picky := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "K13") {
			body = []byte(strings.Replace(string(body), "field=idnumber", "field=nonsense", 1))
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		site.ServeHTTP(w, r)
	})
	var keys []string
	for i := range 30 {
		u := person(i)
		site.AddUser(moodlesim.User{Username: strings.ToLower(u.Username), Email: u.Email, Idnumber: u.Key})
		keys = append(keys, u.Key)
	}
	found, err := target(t, picky, moodle.Config{Token: secret}).Users(t.Context(), sis.UserByKey, keys)
	if err != nil || len(found) != 29 {
		t.Errorf("found %d accounts (%v), want the other 29", len(found), err)
	}
}
