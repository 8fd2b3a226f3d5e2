package door_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// heard is what the audit was told.
type heard []auth.Refusal

func (h *heard) LoginRefused(_ context.Context, r auth.Refusal) { *h = append(*h, r) }

// last checks what the audit was told of the last try, and that it was told of
// each once.
func (h *heard) last(t *testing.T, n int, want auth.Refusal) {
	t.Helper()
	if len(*h) != n {
		t.Fatalf("the audit was told %d times, want %d: %+v", len(*h), n, *h)
	}
	want.Address = "192.0.2.1"
	if diff := cmp.Diff(want, (*h)[n-1]); diff != "" {
		t.Errorf("the audit was told (-want +got):\n%s", diff)
	}
}

func TestTheAuditHearsWhyALoginIsRefused(t *testing.T) {
	h, told := build(t, nil), &heard{}
	h.Refused = told
	h.first()
	h.has("dora")
	h.must(h.disable("dora", true))
	for i, tt := range []struct{ name, password, tried, why string }{
		{"root", wrong, "root", "the password is wrong."},
		{" Eve ", password, "Eve", "there is nobody of that name."},
		{"dora", password, "dora", "the person is disabled."},
		{"dora", wrong, "dora", "the password is wrong."},
		{strings.Repeat("é", 200), password, strings.Repeat("é", 100), "the name or the password is longer than any is."},
		{"root", strings.Repeat("x", 2000), "root", "the name or the password is longer than any is."},
	} {
		_, err := h.login(tt.name, tt.password)
		h.refused(err, fault.Denied, "do not go together")
		told.last(t, i+1, auth.Refusal{Way: auth.ByPassword, Name: tt.tried, Why: tt.why})
	}
	h.in("root")
	_, _, err := h.LogInWithToken(t.Context(), "guessed", "", "192.0.2.1:1")
	h.refused(err, fault.Denied, "not the token")
	told.last(t, 7, auth.Refusal{Way: auth.ByToken, Why: "That is not the token. Copy it whole, without quotes."})
	_, err = h.Link(t.Context(), "guessed", "192.0.2.1:1")
	h.refused(err, fault.NotFound, "used already")
	told.last(t, 8, auth.Refusal{Way: auth.ByLink, Why: "This link was used already, or is too old. Ask for a new one."})
}

func TestTheAuditHearsOfThoseWhoMustWait(t *testing.T) {
	h, told := build(t, nil), &heard{}
	h.Refused = told
	h.first()
	for range 6 {
		_, _ = h.login("root", wrong)
	}
	told.last(t, 6, auth.Refusal{Way: auth.ByPassword, Name: "root", Why: "There were too many wrong logins. Try again in a second.", Wait: true})
}

func TestTheAuditHearsWhomAProviderSentInVain(t *testing.T) {
	h, told := build(t, startProvider(t)), &heard{}
	h.Refused = told
	_, _, err := h.back(h.signIn("olga"))
	h.refused(err, fault.Denied, "none of them")
	told.last(t, 1, auth.Refusal{Way: auth.ByProvider, Name: "olga", Why: fault.Message(err)})
	_, _, err = h.back("", url.Values{"state": {"x"}})
	h.refused(err, fault.Denied, "not begun here")
	told.last(t, 2, auth.Refusal{Way: auth.ByProvider, Why: "This sign-in was not begun here, or took too long. Begin again."})
	_, _, err = h.back(h.signIn("Root@campus.example"))
	h.must(err)
	told.last(t, 2, (*told)[1])
}
