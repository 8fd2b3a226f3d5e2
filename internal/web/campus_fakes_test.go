package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// fakeCampus is the exchange of the sync called main with its SIS, in memory.
type fakeCampus struct {
	fakeMessages
	sections []sync.Section
	rekeys   []sync.Rekey
	looks    bool     // whoever looks may say nothing
	started  []string // tasks, with their arguments
}

// campusOf is a campus whose SIS has sent these messages.
func campusOf(mail fakeMessages) *fakeCampus {
	link := &sync.Link{Section: "BIO-101-01-2026FA", Course: "5", Shortname: "BIO-101-FA26", How: sync.Auto, Linked: true, Changed: noon.Add(-24 * time.Hour)}
	class := func(key, title string) sis.Section {
		return sis.Section{Key: key, Title: title, Code: key[:len(key)-7], Terms: []string{"2026FA"}, School: "sciences"}
	}
	return &fakeCampus{
		fakeMessages: mail,
		sections: []sync.Section{
			{Section: class("BIO-101-01-2026FA", "Biology I"), State: sync.SectionLinked, Link: link},
			{Section: class("CHEM-201-03-2026FA", "Organic Chemistry"), State: sync.SectionAvailable, Trouble: "SECTION_UNLINKED", Reason: "No course of the LMS has its id or class code."},
			{Section: class("GEO-300-02-2026FA", "Geology"), State: sync.SectionSuspected, Trouble: "REKEY_SUSPECTED", Before: "GEO-300-01-2026FA"},
			{Section: class("HIST-110-01-2026FA", "History of <b>Rome</b>"), State: sync.SectionUnlinked, Link: &sync.Link{How: sync.Manual, Reason: "taught on paper", Changed: noon}},
		},
		rekeys: []sync.Rekey{
			{Stream: sis.Sections, Old: "GEO-300-01-2026FA", New: "GEO-300-02-2026FA", Term: "2026FA", State: sync.RekeySuspected, Reason: "24 students are in both."},
			{Stream: sis.Sections, Old: "a", New: "b", Term: "2026FA", State: sync.RekeyRefused},
		},
	}
}

// SISMessage says of registrations what the SIS said before.
func (f *fakeCampus) SISMessage(_ context.Context, name, id string) (sync.MessageDetail, error) {
	for _, m := range f.fakeMessages {
		if m.ID != id || m.Sync != name {
			continue
		}
		m.History = []sync.MessageEvent{{At: m.Received, State: sync.Received, By: id0}, {At: m.Changed, State: m.State, Code: m.Code, By: "anna"}}
		d := sync.MessageDetail{Message: m, Plan: "p2", Fields: sync.FieldsOf(json.RawMessage(`{"role":"student","begin":"2026-09-01"}`), json.RawMessage(`{"role":"student","begin":"2026-08-25"}`))}
		before := m
		d.Before = &before
		if m.Stream == sis.Persons {
			d.Fields = []sync.Field{{Name: "email", Value: sync.Hidden, Personal: true}}
			d.Effect = &sync.Effect{Op: sync.UpdateUser, Person: m.Key, State: sync.EffectHeld, Before: json.RawMessage(`{"email":"•••"}`), After: json.RawMessage(`{"email":"••• (changed)"}`)}
		}
		return d, nil
	}
	return sync.MessageDetail{}, fault.New(fault.NotFound, "Sync %s has no message %s.", name, id)
}

const id0 = "0198f3c2-7d10-7020-8a4e-5b1c9d20e6f7" // of the job that began the run

// Why is that the section has no course.
func (f *fakeCampus) Why(_ context.Context, name, person, section string) (sync.Answer, error) {
	if person == "S-1030" {
		return sync.Answer{Person: person, Section: section, In: true, Sentence: "The person was enrolled in the course as student.", Chain: []sync.Fact{{About: "Course", Says: "Enrolled.", OK: true}}}, nil
	}
	says := "No course of the LMS has the section's id or class code."
	return sync.Answer{
		Person: person, Section: "CHEM-201-03-2026FA", Sentence: says, Code: "SECTION_UNLINKED", Plan: "p2", Message: id(899),
		Chain: []sync.Fact{{About: "Person", Says: "The SIS knows " + person + " as student.", OK: true}, {About: "Link", Says: says}},
	}, nil
}

func (f *fakeCampus) SISSections(_ context.Context, of sync.SectionFilter) (found []sync.Section, err error) {
	for _, s := range f.sections {
		if of.Sync == "main" && (of.State == "" || of.State == s.State) && strings.Contains(s.Title, of.Text) && s.Key > of.After && len(found) < of.Limit {
			found = append(found, s)
		}
	}
	return found, nil
}

func (f *fakeCampus) SISSectionCounts(_ context.Context, name, _ string) (map[sync.SectionState]int64, error) {
	counts := map[sync.SectionState]int64{}
	for _, s := range f.sections {
		if name == "main" {
			counts[s.State]++
		}
	}
	return counts, nil
}

func (f *fakeCampus) SISSection(_ context.Context, name, key string) (sync.Section, error) {
	for _, s := range f.sections {
		if s.Key == key && name == "main" {
			return s, nil
		}
	}
	return sync.Section{}, fault.New(fault.NotFound, "The SIS has sent no section %q for sync %s.", key, name)
}

// SISRegistered are sixty students of each section, the first of whom has left.
func (f *fakeCampus) SISRegistered(_ context.Context, _, section, after string, limit int) (found []sync.Registered, err error) {
	for i := range 60 {
		r := sync.Registered{
			Registration: sis.Registration{Section: section, Person: fmt.Sprint("S-", 1000+i), Role: sis.Student},
			Gone:         i == 0, State: sync.Waiting, Code: "SECTION_UNLINKED", Reason: "The section is not linked to a course.", Message: id(899),
		}
		if sync.RegistrationKey(r.Registration) > after && len(found) < limit {
			found = append(found, r)
		}
	}
	return found, nil
}

func (f *fakeCampus) SISTerms(context.Context, string) ([]sync.Term, error) {
	day := func(m time.Month, d int) sis.Date { return sis.Date{Year: 2026, Month: m, Day: d} }
	return []sync.Term{
		{Term: sis.Term{Key: "2026FA", Title: "Fall 2026", Start: day(time.September, 1), End: day(time.December, 19)}, Sections: 4, Selected: true},
		{
			Term: sis.Term{Key: "2026SP", Title: "Spring 2026", Start: day(time.January, 12), End: day(time.May, 9)}, Sections: 2,
			Choice: &sync.TermChoice{Term: "2026SP", Reason: "grades are in", By: id0, Changed: noon},
		},
	}, nil
}

func (f *fakeCampus) SISRekeys(context.Context, string) ([]sync.Rekey, error) { return f.rekeys, nil }

func (f *fakeCampus) OperatesSync(context.Context, string) bool { return !f.looks }

func (f *fakeCampus) StartSIS(_ context.Context, name, task string, args any) (job.Job, error) {
	text, err := json.Marshal(args)
	f.started = append(f.started, name+" "+task+" "+string(text))
	return job.Job{ID: id(25)}, err
}

// campusMonday is a day on which one section is held.
var campusMonday = sis.Date{Year: 2026, Month: time.August, Day: 31}

// AttendanceSummaries are sixty days of one section, the newest of which is held.
func (f *fakeCampus) AttendanceSummaries(_ context.Context, of sync.AttendanceFilter) (found []sync.AttendanceSummary, err error) {
	holds, err := f.AttendanceHolds(context.Background(), of.Sync, of.From, of.To)
	for i := range 60 {
		day := sis.DateOf(noon.AddDate(0, 0, -3-i))
		one := sync.AttendanceSummary{
			AttendanceClass: sync.AttendanceClass{Section: "BIO-101-01-2026FA", Day: day, Students: 30, Attended: 24}, Title: "Biology I",
			Minutes: 1830, Posted: 1800, States: map[sync.AttendanceState]int64{sync.AttPosted: 23, sync.AttConflict: 1},
		}
		if i == 0 && len(holds) > 0 {
			one.Hold = &holds[0]
		}
		later := of.After.Day.IsZero() || day.String() < of.After.Day.String()
		if of.Sync == "main" && later && (of.From.IsZero() || day.String() >= of.From.String()) && len(found) < of.Limit {
			found = append(found, one)
		}
	}
	return found, err
}

func (f *fakeCampus) Attendance(_ context.Context, of sync.AttendanceFilter) ([]sync.Attendance, error) {
	place := sync.AttendancePlace{Section: "BIO-101-01-2026FA", Person: "S-1044", Day: campusMonday}
	all := []sync.Attendance{
		{AttendancePlace: place, Minutes: 75, Posted: new(60), State: sync.AttConflict, Code: sync.AttChanged, Message: "The SIS has 90 minutes, which a person entered."},
		{AttendancePlace: sync.AttendancePlace{Section: place.Section, Person: "S-1045", Day: place.Day}, Minutes: 60, State: sync.AttUnknown, Code: sync.AttNotKnown, Message: "The sink did not answer."},
	}
	return slices.DeleteFunc(all, func(a sync.Attendance) bool {
		return of.Sync != "main" || of.State != "" && a.State != of.State || of.Person != "" && a.Person != of.Person
	}), nil
}

func (f *fakeCampus) AttendanceHolds(_ context.Context, name string, _, _ sis.Date) ([]sync.AttendanceHold, error) {
	if name != "main" {
		return nil, nil
	}
	class := sync.AttendanceClass{Section: "BIO-101-01-2026FA", Day: campusMonday, Students: 30, Attended: 2}
	return []sync.AttendanceHold{
		{AttendanceClass: class, Code: sync.BrakeAttendance, Reason: "2 of 30 people attended, and 24 a week before.", Made: noon},
		{AttendanceClass: sync.AttendanceClass{Day: campusMonday}, Code: sync.BrakeAttendance, Reason: "The log of the LMS is silent.", Made: noon},
		{AttendanceClass: sync.AttendanceClass{Day: sis.Date{Year: 2026, Month: time.August, Day: 3}}, Reason: "Long ago.", Made: noon, Released: noon},
	}, nil
}

func (f *fakeCampus) AttendanceCounts(_ context.Context, name string) (map[sync.AttendanceState]int64, error) {
	if name != "main" {
		return nil, nil
	}
	return map[sync.AttendanceState]int64{sync.AttPosted: 1380, sync.AttConflict: 1, sync.AttUnknown: 1}, nil
}

func (f *fakeCampus) ReleaseDay(_ context.Context, name, section string, day sis.Date, reason string) (job.Job, error) {
	f.started = append(f.started, strings.Join([]string{name, "release", day.String(), section, reason}, " "))
	return job.Job{ID: id(25)}, nil
}

// fakeMessages are messages in memory, newest first.
type fakeMessages []sync.Message

func (f fakeMessages) SISMessages(_ context.Context, filter sync.MessageFilter) (found []sync.Message, err error) {
	for _, m := range f {
		if m.Sync == filter.Sync && (filter.State == "" || filter.State == m.State) && (filter.Stream == "" || filter.Stream == m.Stream) &&
			(filter.Code == "" || filter.Code == m.Code) && strings.Contains(m.Key, filter.Text) && (filter.Record == "" || filter.Record == m.Key) &&
			strings.Contains(m.Key, filter.Section) && strings.Contains(m.Key, filter.Person) &&
			(filter.Before == "" || m.ID < filter.Before) && len(found) < filter.Limit {
			found = append(found, m)
		}
	}
	return found, nil
}

func (f fakeMessages) SISMessageCounts(_ context.Context, name string) (counts []sync.MessageCount, err error) {
	for _, m := range f {
		if m.Sync == name {
			counts = append(counts, sync.MessageCount{Stream: m.Stream, State: m.State, Code: m.Code, Count: 1, Oldest: m.Received})
		}
	}
	return counts, nil
}

// campusMail is what a SIS sent to the sync called main, and what became of it.
func campusMail() (all fakeMessages) {
	for i, m := range []sync.Message{
		{Stream: sis.Registrations, Op: sync.New, Key: "BIO-101-01-2026FA|S-1044|student", State: sync.Received, Where: "enrollments.csv:242"},
		{Stream: sis.Registrations, Op: sync.New, Key: "CHEM-201-03-2026FA|S-1007|student", State: sync.Waiting, Code: "SECTION_UNLINKED", Reason: "The section CHEM-201-03-2026FA is linked to no course. Link it with jobctl sis link main CHEM-201-03-2026FA COURSE.", Where: "enrollments.csv:240"},
		{Stream: sis.Registrations, Op: sync.New, Key: "HIST-110-01-2026FA|S-9999|student", State: sync.Waiting, Code: "REF_PERSON", Reason: "The person S-9999 is not in users.csv; the registration waits until it is.", Where: "enrollments.csv:17"},
		{Stream: sis.Registrations, Op: sync.Gone, Key: "MATH-150-02-2026FA|S-1020|student", State: sync.Held, Code: "BRAKE_DROPS", Reason: "212 of 1,880 registrations of the term would be dropped (11 %). Let them through with --allow-drops 212.", Where: "enrollments.csv:99"},
		{Stream: sis.Registrations, Op: sync.Unread, Key: "E-0121", State: sync.Rejected, Code: "BAD_DATE", Reason: "“31/02/2026” is not a date; write it as 2026-09-01.", Where: "enrollments.csv:121"},
		{Stream: sis.Persons, Op: sync.New, Key: "T-006", State: sync.Rejected, Code: "EMAIL_INVALID", Reason: "The teacher has no e-mail address; an account needs one.", Where: "users.csv:7"},
		{Stream: sis.Persons, Op: sync.Changed, Key: "S-1031", State: sync.Planned, Where: "users.csv:38"},
		{Stream: sis.Persons, Op: sync.New, Key: "S-1030", State: sync.Applied, Where: "users.csv:37"},
		{Stream: sis.Sections, Op: sync.New, Key: "BIO-101-01-2026FA", State: sync.Applied, Where: "classes.csv:2"},
		{Stream: sis.Terms, Op: sync.New, Key: "2025SP", State: sync.Ignored, Code: "TERM_NOT_SELECTED", Reason: "The term 2025SP is not among the terms of this sync.", Where: "academicSessions.csv:4"},
		{Stream: sis.Persons, Op: sync.New, Key: "S-1031", State: sync.Superseded, Reason: "A newer version arrived before this one was planned.", Where: "users.csv:38"},
		{Stream: sis.Persons, Op: sync.New, Key: "<b>x</b>\u202egnp.exe", State: sync.Applied, Where: "users.csv:39"},
	} {
		m.ID, m.Sync, m.Run = id(900-i), "main", id(20)
		m.Received, m.Changed = noon.Add(-time.Hour), noon.Add(-time.Duration(i*i*i)*time.Second)
		all = append(all, m)
	}
	return all
}
