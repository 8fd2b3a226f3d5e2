package door_test

import (
	"net/url"
	"testing"

	"github.com/beadle-jobs/beadle/internal/auth/door"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// FuzzNothingOpensTheDoor tries cookies, tokens and links that nobody was given,
// and what somebody may bring back from a provider.
func FuzzNothingOpensTheDoor(f *testing.F) {
	for _, seed := range []string{"", "t.", "t.x", "beadle_", "beadle__", "beadle_abc_def", "beadle_\x00_\xff", "eyJzdGF0ZSI6IngiLCJub25jZSI6IngiLCJ2ZXJpZmllciI6IngifQ", "' OR 1=1 --"} {
		f.Add(seed)
	}
	h := buildFor(f, &door.Provider{Name: "Campus", Issuer: "http://127.0.0.1:1"})
	f.Fuzz(func(t *testing.T, text string) {
		if text == "s3cret" {
			return
		}
		_, session := h.WhoOfSession(t.Context(), text, false)
		_, token := h.WhoOfToken(t.Context(), text, false)
		_, link := h.Link(t.Context(), text, "192.0.2.1:1")
		_, _, back := h.FromProvider(t.Context(), text, url.Values{"state": {"x"}, "code": {text}}, text, text)
		for what, err := range map[string]error{"a session": session, "a token": token, "a link": link, "an answer of the provider": back} {
			if err == nil || fault.KindOf(err) == fault.Internal {
				t.Errorf("as %s %q gives %v", what, text, err)
			}
		}
	})
}
