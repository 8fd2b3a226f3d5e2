package web

import (
	"fmt"
	"math"
	"regexp"
	"testing"
)

// Text must stand out from what is behind it by 4.5 to 1, and edges of what
// can be operated by 3 to 1, in both themes: WCAG AA.
func TestColoursHaveContrast(t *testing.T) {
	css, err := files.ReadFile("static/beadle.css")
	if err != nil {
		t.Fatal(err)
	}
	for theme, name := range []string{"light", "dark"} {
		colours := map[string]rgb{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)`).FindAllStringSubmatch(string(css), -1) {
			colours[m[1]] = parseRGB(t, m[2+theme])
		}
		check := func(front, back string, behind rgb, want float64) {
			if got := contrast(colours[front], behind); got < want {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", name, front, back, got, want)
			}
		}
		for _, back := range []string{"page", "rail", "raised", "hover"} {
			for _, front := range []string{"text", "muted", "accent", "failed"} {
				check(front, back, colours[back], 4.5)
			}
		}
		for _, state := range []string{"queued", "waiting", "running", "held", "succeeded", "failed", "aborted"} {
			check(state, "its chip", mix(colours[state], colours["page"], .10), 4.5)
			check(state, "a chart", colours["page"], 3)
			check(state, "its chip in a row under the pointer", mix(colours[state], colours["hover"], .10), 4.5)
		}
		if got := contrast(mix(colours["queued"], colours["page"], .7), colours["page"]); got < 3 {
			t.Errorf("%s: bars of other jobs have a contrast of %.2f, want 3", name, got)
		}
		check("field", "page", colours["page"], 3)
		check("on-accent", "accent", colours["accent"], 4.5)
		check("running", "the rest of the bar", colours["line"], 3)
	}
}

type rgb [3]float64

func parseRGB(t *testing.T, hex string) (c rgb) {
	t.Helper()
	var r, g, b int
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &r, &g, &b); err != nil {
		t.Fatal(err)
	}
	return rgb{float64(r) / 255, float64(g) / 255, float64(b) / 255}
}

func mix(a, b rgb, share float64) (c rgb) {
	for i := range c {
		c[i] = share*a[i] + (1-share)*b[i]
	}
	return c
}

func contrast(a, b rgb) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + .05) / (min(la, lb) + .05)
}

func luminance(c rgb) float64 {
	linear := func(v float64) float64 {
		if v <= .04045 {
			return v / 12.92
		}
		return math.Pow((v+.055)/1.055, 2.4)
	}
	return .2126*linear(c[0]) + .7152*linear(c[1]) + .0722*linear(c[2])
}
