package web

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestExclusionsAreReadAsTheyAreWritten(t *testing.T) {
	for words, x := range map[string]job.Exclusion{
		"24 December to 2 January every year":                                 {From: "12-24", To: "01-02"},
		"Leap: 29 February every year":                                        {Title: "Leap", From: "02-29"},
		"21 December 2026 to 4 January 2027":                                  {From: "2026-12-21", To: "2027-01-04"},
		"on Saturday and Sunday":                                              {Weekdays: []string{"saturday", "sunday"}},
		"on Monday, Wednesday and Friday from 22:00 to 06:00 of the next day": {Weekdays: []string{"monday", "wednesday", "friday"}, Start: "22:00", End: "06:00"},
		"A: b: 1 May 2027 on Friday from 09:30 to 24:00":                      {Title: "A: b", From: "2027-05-01", Weekdays: []string{"friday"}, Start: "09:30", End: "24:00"},
	} {
		if got := writeLine(x); got != words {
			t.Errorf("%+v is written %q, want %q", x, got, words)
		}
		got, wrong := readLine(words)
		if diff := cmp.Diff(x, got); diff != "" || wrong != "" {
			t.Errorf("%q is read wrong, %q (-want +got):\n%s", words, wrong, diff)
		}
	}
}

func TestExclusionsAreReadAsPeopleWriteThem(t *testing.T) {
	for words, want := range map[string]job.Exclusion{
		"12-24 to 01-02 every year on saturday, sunday from 09:00 to 17:30": {From: "12-24", To: "01-02", Weekdays: []string{"saturday", "sunday"}, Start: "09:00", End: "17:30"},
		"from the 1st of May 2027 until 3 May 2027":                         {From: "2027-05-01", To: "2027-05-03"},
		"Dec. 24":                      {From: "12-24"},
		"every year on the 3. october": {From: "10-03"},
		"Mondays":                      {Weekdays: []string{"monday"}},
		"weekdays":                     {Weekdays: []string{"monday", "tuesday", "wednesday", "thursday", "friday"}},
		"fri to mon":                   {Weekdays: []string{"friday", "saturday", "sunday", "monday"}},
		"until 6:00":                   {End: "06:00"},
	} {
		got, wrong := readExclusion(words)
		if diff := cmp.Diff(want, got); diff != "" || wrong != "" {
			t.Errorf("%q is read wrong, %q (-want +got):\n%s", words, wrong, diff)
		}
	}
}

func TestWhatIsNoExclusionIsRefused(t *testing.T) {
	for _, words := range []string{"between 8:00 and 9:00", "1 May until the 3rd", "sometimes", "1 May to", "8:00 9:00 10:00", "24", "month 5", "32nd", "on Sunday and 1/5/2027"} {
		if got, wrong := readExclusion(words); wrong == "" {
			t.Errorf("%q is read as %+v", words, got)
		}
	}
}
