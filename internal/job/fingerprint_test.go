package job_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestTakesOutOfAMessageWhatVaries(t *testing.T) {
	for message, want := range map[string]string{
		"":                                       "",
		"The person U-9999 is not in users.csv.": "The person {id} is not in users.csv.",
		"“31/02/2026” is not a date; write it as 2026-09-01.": "{value} is not a date; write it as {n}.",
		"read hr.csv: line 88: wrong number of fields":        "read hr.csv: line {n}: wrong number of fields",
		"It would drop 1,880 of 12.5 %":                       "It would drop {n} of {n} %",
		"since 2026-09-01T08:00:02Z":                          "since {id}",
		"dial tcp 10.0.0.17:587: refused":                     "dial tcp {n}: refused",
		"connect to smtp.example.edu:587":                     "connect to smtp.example.edu:{n}",
		"no mailbox ada.l+x@example.edu here":                 "no mailbox {email} here",
		"It can't and won't be Ada's":                         "It can't and won't be Ada's",
		"the name 'O'Brien' is taken":                         "the name {value} is taken",
		`column "due at" of «x»`:                              "column {value} of {value}",
		"a quote \" that never ends 7":                        `a quote " that never ends {n}`,
		"job 0199a000-0001-7abc-89ab-000000000001 is\n\tgone": "job {id} is gone",
		"GET https://lms.example/course?id=42: 503":           "GET https://lms.example/course?id={n}: {n}",
		"=cmd|'/c calc'!A1":                                   "=cmd|{value}!{id}",
		"lost worker-1@ada":                                   "lost {id}@ada",
		"٣ rows":                                              "{n} rows",
	} {
		if got := job.Pattern(message); got != want {
			t.Errorf("%q: got %q, want %q", message, got, want)
		}
	}
}

func TestAPatternIsShort(t *testing.T) {
	if got := job.Pattern(strings.Repeat("überlang ", 1<<20)); len(got) > 240 || !utf8.ValidString(got) {
		t.Errorf("got %d bytes: %q", len(got), got)
	}
}

func TestAFingerprintIsOfTaskCodeAndPattern(t *testing.T) {
	seen := map[string]bool{}
	for _, of := range [][3]string{{"a", "b", "c"}, {"ab", "", "c"}, {"a", "bc", ""}, {"a", "b", "d"}, {"x", "b", "c"}} {
		seen[job.Fingerprint(of[0], of[1], of[2])] = true
	}
	if len(seen) != 5 {
		t.Errorf("got %d fingerprints of 5 kinds", len(seen))
	}
	if !seen[job.Fingerprint("a", "b", "c")] {
		t.Error("one kind has two fingerprints")
	}
}

func FuzzPattern(f *testing.F) {
	for _, seed := range []string{"line 88 of “x”", "a@b.c, 'd'", "1.2.3:4/5", "O'Brien", "\xff\x00\u2028", "{id}9{n}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		pattern := job.Pattern(message)
		if !utf8.ValidString(pattern) || len(pattern) > 240 {
			t.Errorf("%q: %d bytes: %q", message, len(pattern), pattern)
		}
		if strings.ContainsFunc(pattern, unicode.IsNumber) {
			t.Errorf("%q: a digit is left: %q", message, pattern)
		}
		other := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return '0' + (r-'0'+3)%10
			}
			return r
		}, strings.ToValidUTF8(message, "\uFFFD"))
		if got := job.Pattern(other); got != pattern {
			t.Errorf("%q and %q differ by digits only: %q and %q", message, other, pattern, got)
		}
	})
}
