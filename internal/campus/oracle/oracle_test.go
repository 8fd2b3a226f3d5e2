package oracle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/oracle"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// truth is a term with two cross-listed sections and one that was cancelled.
func truth() oracle.Truth {
	return oracle.Truth{
		Terms: []sis.Term{{Key: "fall", Start: sis.Date{Year: 2026, Month: 9, Day: 1}, End: sis.Date{Year: 2027, Month: 1, Day: 15}}},
		Persons: []sis.Person{
			{Key: "tom", Username: "tom", Roles: []sis.Role{sis.Teacher}},
			{Key: "ann", Username: "ann", Roles: []sis.Role{sis.Student}},
			{Key: "idle", Username: "idle", Roles: []sis.Role{sis.Student}},
		},
		Sections: []sis.Section{{Key: "s1", Terms: []string{"fall"}}, {Key: "s2", Terms: []string{"fall"}}},
		Registrations: []sis.Registration{
			{Section: "s1", Person: "ann", Role: sis.Student},
			{Section: "s2", Person: "ann", Role: sis.Student, End: sis.Date{Year: 2027, Month: 3, Day: 1}},
		},
		Courses: map[string]string{"s1": "c1", "s2": "c1", "s3": "c3"}, Zone: time.UTC,
	}
}

var (
	begins = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	ends   = time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
)

// right is a platform that is as it ought to be.
func right() oracle.Found {
	return oracle.Found{
		Accounts: []sis.User{{Key: "tom", Username: "tom"}, {Key: "ann", Username: "ann"}, {Key: "left", Username: "left"}},
		Seats: map[oracle.Seat]oracle.Stay{
			{Person: "ann", Course: "c1"}:  {Roles: []sis.Role{sis.Student}, Start: begins, End: ends},
			{Person: "left", Course: "c3"}: {Roles: []sis.Role{sis.Student}, Start: begins, End: ends},
		},
	}
}

func TestJudgesWhatAPlatformHolds(t *testing.T) {
	ann := oracle.Seat{Person: "ann", Course: "c1"}
	for what, tt := range map[string]struct {
		change func(*oracle.Truth, *oracle.Found)
		want   []string
	}{
		"as it ought to be": {func(*oracle.Truth, *oracle.Found) {}, nil},
		"nobody was enrolled": {func(_ *oracle.Truth, f *oracle.Found) { delete(f.Seats, ann) }, []string{
			"person ann is not in force in course c1",
		}},
		"a drop was forgotten": {func(o *oracle.Truth, _ *oracle.Found) { o.Registrations = nil }, []string{
			"person ann is in force in course c1, and ought not to be",
		}},
		"who is registered in a section for another platform keeps the seat": {func(o *oracle.Truth, _ *oracle.Found) {
			o.Provider, o.Sections[1].Provider, o.Registrations = "beadle", "another", o.Registrations[1:]
		}, nil},
		"and not another role": {func(o *oracle.Truth, f *oracle.Found) {
			o.Provider, o.Sections[1].Provider, o.Registrations = "beadle", "another", o.Registrations[1:]
			f.Seats[ann] = oracle.Stay{Roles: []sis.Role{sis.Student, sis.Teacher}, Start: begins, End: ends}
		}, []string{"person ann is in force in course c1, and ought not to be"}},
		"and gets none": {func(o *oracle.Truth, f *oracle.Found) {
			o.Provider, o.Sections[1].Provider, o.Registrations = "beadle", "another", o.Registrations[1:]
			delete(f.Seats, ann)
		}, nil},
		"the term is not selected": {func(o *oracle.Truth, _ *oracle.Found) { o.Selected = []string{"spring"} }, []string{
			"person ann is in force in course c1, and ought not to be",
		}},
		"the sections are for another platform": {func(o *oracle.Truth, _ *oracle.Found) {
			o.Provider, o.Sections[0].Provider, o.Sections[1].Provider = "moodle", "canvas", "canvas"
		}, []string{"person ann is in force in course c1, and ought not to be"}},
		"only one section ends later": {func(o *oracle.Truth, _ *oracle.Found) { o.Registrations = o.Registrations[:1] }, []string{
			"person ann is in course c1 from 2026-09-01T00:00:00Z to 2027-03-01T00:00:00Z, and ought to be from 2026-09-01T00:00:00Z to 2027-01-15T00:00:00Z",
		}},
		"a role is missing": {func(o *oracle.Truth, _ *oracle.Found) {
			o.Registrations = append(o.Registrations, sis.Registration{Section: "s1", Person: "ann", Role: sis.Teacher})
		}, []string{"person ann is [student] in course c1, and ought to be [student teacher]"}},
		"an old name": {func(o *oracle.Truth, _ *oracle.Found) { o.Persons[1].Family = "Ek" }, []string{
			"the account of person ann is {ID: Key:ann Username:ann Email: Given: Family: Suspended:false}, and ought to be {ID: Key:ann Username:ann Email: Given: Family:Ek Suspended:false}",
		}},
		"two accounts": {func(_ *oracle.Truth, f *oracle.Found) { f.Accounts = append(f.Accounts, sis.User{Key: "ann"}) }, []string{
			"person ann has 2 accounts",
		}},
		"a teacher without an account": {func(_ *oracle.Truth, f *oracle.Found) { f.Accounts = f.Accounts[1:] }, []string{
			"person tom has no account",
		}},
		"nobody was oriented": {func(o *oracle.Truth, _ *oracle.Found) { o.Orientation = "orient" }, []string{
			"person ann is not in force in course orient",
		}},
	} {
		t.Run(what, func(t *testing.T) {
			o, f := truth(), right()
			tt.change(&o, &f)
			if diff := cmp.Diff(tt.want, oracle.Desire(o).Judge(f)); diff != "" {
				t.Errorf("what is wrong (-want +got):\n%s", diff)
			}
		})
	}
}
