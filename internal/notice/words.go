package notice

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// briefly is how long a title is in a subject at most, in runes.
const briefly = 100

// subject returns one line that says what a message is about.
func subject(all []Notice) string {
	if len(all) == 1 {
		f := all[0].Facts
		return OneLine(f.Title+" "+f.said(), 2*briefly)
	}
	facts := make([]Facts, len(all))
	for i, n := range all {
		facts[i] = n.Facts
	}
	return fmt.Sprintf("%d notices: %s", len(all), Counts(facts))
}

// said says what happened, as it follows the title.
func (f Facts) said() string {
	if f.What == Ended {
		if w := string(f.State); f.State == "aborted" {
			return "was " + w
		}
		return string(f.State)
	}
	return f.What.Words()
}

// OneLine returns text without line breaks, control characters and marks that
// turn the direction of what follows, cut to so many runes.
func OneLine(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// shownTo hides the part of an address that is a secret: who knows the whole
// address of a chat may write there.
func shownTo(c Channel, to string) string {
	if c != Webhook && c != Chat {
		return to
	}
	u, err := url.Parse(to)
	if err != nil || u.Host == "" {
		return masked
	}
	return u.Scheme + "://" + u.Host + "/…"
}

func plural(n int, w What) string { return fmt.Sprintf("%d %s", n, w.Words()) }
