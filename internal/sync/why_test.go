package sync_test

import (
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

var asked = time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)

// enrolled is ann, who is a student of s1, in its course.
func enrolled() sync.Facts {
	return sync.Facts{
		AskedPerson: "ann", AskedSection: "s1",
		Persons:       []sync.Known[sis.Person]{{Record: sis.Person{Key: "ann", Roles: []sis.Role{sis.Student}}}},
		Sections:      []sync.Section{{Section: sis.Section{Key: "s1", Title: "Algebra", Terms: []string{"fall"}}, State: sync.SectionLinked, Link: &sync.Link{Course: "7", Shortname: "ALG"}}},
		Terms:         []sync.Term{{Term: sis.Term{Key: "fall"}}},
		Account:       &sync.PersonLink{Person: "ann", User: "3"},
		Registrations: []sync.Registered{{Registration: sis.Registration{Section: "s1", Person: "ann", Role: sis.Student}, Message: "m1", State: sync.Applied}},
		Applied:       []sync.Enrolment{{Place: sync.Place{Person: "ann", Course: "7", Role: sis.Student}}},
		Pulled:        sync.Pull{At: asked},
	}
}

// planned gives the facts an effect of a plan.
func planned(op sync.EffectOp, state sync.EffectState, plan sync.PlanState) func(*sync.Facts) {
	return func(f *sync.Facts) {
		f.Registrations[0].State = sync.Planned
		f.Plan = &sync.Plan{ID: "p1", State: plan, Held: []sync.Hold{{ID: "1", Message: "Too many drops."}}}
		f.Effect = &sync.Effect{Op: op, State: state, Hold: "1", Code: "BRAKE_DROPS", Message: "The course is full."}
	}
}

func saying(state sync.MessageState, code, reason string) func(*sync.Facts) {
	return func(f *sync.Facts) {
		f.Registrations[0].State, f.Registrations[0].Code, f.Registrations[0].Reason = state, code, reason
	}
}

func standing(state sync.SectionState, trouble, reason string) func(*sync.Facts) {
	return func(f *sync.Facts) {
		f.Sections[0].State, f.Sections[0].Trouble, f.Sections[0].Reason = state, trouble, reason
	}
}

func gone(f *sync.Facts) { f.Registrations[0].Gone = true }

func both(changes ...func(*sync.Facts)) func(*sync.Facts) {
	return func(f *sync.Facts) {
		for _, change := range changes {
			change(f)
		}
	}
}

func suspendedThere(f *sync.Facts) { f.Applied[0].Suspended = true }
func nothingApplied(f *sync.Facts) { f.Applied = nil }

func TestEveryAnswerToWhyAStudentIsNotInTheCourse(t *testing.T) {
	const in = "The person was enrolled in the course as student. If they are not there now, somebody changed it in the LMS, which a sync does not undo."
	for name, tt := range map[string]struct {
		change   func(*sync.Facts)
		code     string
		sentence string
		in       bool
	}{
		"in the course": {func(*sync.Facts) {}, "", in, true},

		"nobody is meant": {func(f *sync.Facts) { f.Persons, f.Registrations = nil, nil }, "REF_PERSON", `The SIS has sent no person "ann".`, false},
		"several people are meant": {
			func(f *sync.Facts) {
				f.Persons = append(f.Persons, sync.Known[sis.Person]{Record: sis.Person{Key: "anna"}})
			}, "", `2 people may be meant by "ann": ann, anna. Ask for one of them.`, false,
		},
		"no section is meant": {func(f *sync.Facts) { f.Sections, f.Registrations = nil, nil }, "REF_SECTION", `The SIS has sent no section "s1".`, false},
		"several sections are meant": {
			func(f *sync.Facts) { f.Sections = append(f.Sections, sync.Section{Section: sis.Section{Key: "s2"}}) },
			"", `2 sections may be meant by "s1": s1, s2. Ask for one of them.`, false,
		},
		"nothing was pulled yet": {
			func(f *sync.Facts) { f.Registrations, f.Pulled = nil, sync.Pull{} }, "", "Registrations were never pulled from the SIS. Run the sync.", false,
		},
		"not registered": {
			func(f *sync.Facts) { f.Registrations = nil }, "", "The SIS has sent no registration of ann in s1; the last pull was on 2026-09-15 12:00.", false,
		},

		"missing, which is doubtful": {
			both(gone, func(f *sync.Facts) { f.Doubt = "SNAPSHOT_INCOMPLETE" }), "SNAPSHOT_INCOMPLETE",
			"The registration was missing when the SIS was last read, which is doubtful (SNAPSHOT_INCOMPLETE): nothing is changed until a person says so. The person is still in the course.", true,
		},
		"ended, and suspended": {both(gone, suspendedThere), "", "The registration has ended in the SIS. The person was suspended in the course.", false},
		"ended, and held":      {both(gone, saying(sync.Held, "BRAKE_DROPS", "Too many.")), "BRAKE_DROPS", "The registration has ended in the SIS. Too many. The person is still in the course.", true},
		"ended before":         {both(gone, nothingApplied), "", "The registration has ended in the SIS. Nobody was enrolled because of it.", false},

		"the section was not sent": {
			func(f *sync.Facts) { f.Sections = nil }, "REF_SECTION", "The SIS has sent the registration, and not its section s1. It goes on when the section arrives.", false,
		},
		"the section is gone": {
			both(nothingApplied, func(f *sync.Facts) { f.Sections[0].Gone = true }), "REF_SECTION",
			"The section s1 is gone from the SIS: nobody is added to its course. Nobody was enrolled because of it.", false,
		},
		"the term was not sent": {func(f *sync.Facts) { f.Terms = nil }, "REF_TERM", "The SIS has not sent the section's term (fall).", false},
		"the term was taken out": {
			func(f *sync.Facts) { f.Terms[0].Choice = &sync.TermChoice{Reason: "grades are in"} }, "TERM_NOT_SELECTED",
			"The section's term fall is not synced: a person said so (grades are in). Choose it on the page Terms.", false,
		},
		"the term was taken out without a reason": {
			func(f *sync.Facts) { f.Terms[0].Choice = &sync.TermChoice{} }, "TERM_NOT_SELECTED",
			"The section's term fall is not synced: a person said so. Choose it on the page Terms.", false,
		},

		"the section may be another": {
			both(standing(sync.SectionSuspected, "", ""), func(f *sync.Facts) { f.Sections[0].Before = "s0" }), "REKEY_SUSPECTED",
			"The section s1 looks like s0, which is gone, under a new id. Say whether it is, on the page Sections.", false,
		},
		"the section is not ready": {standing(sync.SectionWaiting, "NOT_READY", "It must be R."), "NOT_READY", "It must be R.", false},
		"the section was unlinked": {
			both(standing(sync.SectionUnlinked, "", ""), func(f *sync.Facts) { f.Sections[0].Link.Reason = "moved" }), "SECTION_UNLINKED",
			"A person has taken the section from its course (moved). Link it again to go on.", false,
		},
		"the section has no course": {
			standing(sync.SectionAvailable, "", ""), "SECTION_UNLINKED",
			"The section is not linked to a course yet. Link it on the page Sections, or run the sync.", false,
		},
		"the section has several courses": {standing(sync.SectionAvailable, "ID_AMBIGUOUS", "Two could be meant."), "ID_AMBIGUOUS", "Two could be meant.", false},
		"the plan makes its course": {
			both(standing(sync.SectionAvailable, "", ""), planned(sync.Enrol, sync.EffectPlanned, sync.PlanApproved)), "",
			"The change (enrol) is planned and is about to be written.", false,
		},
		"the section was withdrawn": {standing(sync.SectionLinked, "PROVIDER_OTHER", "Another platform has it."), "PROVIDER_OTHER", "Another platform has it.", false},

		"just arrived": {saying(sync.Received, "", ""), "", "The registration has arrived, and no plan has looked at it yet. Run the sync.", false},
		"the person was not sent": {
			both(saying(sync.Waiting, "REF_PERSON", ""), func(f *sync.Facts) { f.Persons = nil }), "REF_PERSON",
			"The SIS has sent the registration, and not its person ann. It goes on when the person arrives.", false,
		},
		"the person is gone": {
			both(saying(sync.Waiting, "REF_PERSON", ""), nothingApplied, func(f *sync.Facts) { f.Persons[0].Gone = true }), "REF_PERSON",
			"The person ann is gone from the SIS: a registration alone enrols nobody. Nobody was enrolled because of it.", false,
		},
		"the registration is held":    {saying(sync.Held, "DATE_RANGE", "It ends before it begins."), "DATE_RANGE", "The registration is held: It ends before it begins.", false},
		"the registration is skipped": {saying(sync.Ignored, "MANUAL_OVERRIDE", ""), "MANUAL_OVERRIDE", "The registration is ignored: MANUAL_OVERRIDE", false},
		"it says what is known":       {saying(sync.Duplicate, "", ""), "", in, true},
		"the person has no account": {
			func(f *sync.Facts) {
				f.Account, f.PersonMessage = nil, &sync.Message{State: sync.Held, Code: "EMAIL_INVALID", Reason: "The e-mail is not valid."}
			}, "EMAIL_INVALID", "The person has no account: The e-mail is not valid.", false,
		},
		"the person has no account yet": {
			both(nothingApplied, func(f *sync.Facts) { f.Account = nil }), "",
			"Nothing was written to the course yet, and nothing stands in the way. Run the sync.", false,
		},

		"a person undid it": {
			func(f *sync.Facts) {
				f.Override = &sync.Override{Cause: sync.WasUndone, Reason: "wrong file", At: asked}
			}, "MANUAL_OVERRIDE",
			"A person has undone this change on 2026-09-15 12:00 (wrong file). It is not made until the SIS changes the registration, or somebody releases it.", false,
		},
		"a plan holds it": {planned(sync.Enrol, sync.EffectHeld, sync.PlanHeld), "BRAKE_DROPS", "The plan holds the change (enrol): Too many drops.", false},
		"a plan holds it, and says no more": {
			both(planned(sync.UpdateEnrolment, sync.EffectHeld, sync.PlanHeld), func(f *sync.Facts) { f.Plan.Held = nil }), "BRAKE_DROPS",
			"The plan holds the change (update enrolment): a person has to approve it.", false,
		},
		"the LMS refused it":    {planned(sync.Enrol, sync.EffectFailed, sync.PlanDone), "BRAKE_DROPS", "The LMS did not take the change (enrol): The course is full. The next run tries again.", false},
		"a person rejected it":  {planned(sync.Enrol, sync.EffectRejected, sync.PlanDone), "BRAKE_DROPS", "A person does not want the change (enrol) (The course is full.).", false},
		"the LMS did not say":   {planned(sync.Enrol, sync.EffectUnknown, sync.PlanApplying), "BRAKE_DROPS", "The change (enrol) was handed to the LMS, and its answer is not in. The next run looks again.", false},
		"it is handed over":     {planned(sync.Enrol, sync.EffectSent, sync.PlanApplying), "BRAKE_DROPS", "The change (enrol) was handed to the LMS, and its answer is not in. The next run looks again.", false},
		"a dry run has it":      {planned(sync.Enrol, sync.EffectPlanned, sync.PlanDraft), "", "A dry run plans the change (enrol), and changes nothing. Run the sync.", false},
		"its plan was given up": {planned(sync.Enrol, sync.EffectPlanned, sync.PlanAborted), "", "The plan that had the change (enrol) was given up before it was written. Run the sync.", false},
		"its plan is too old":   {planned(sync.Enrol, sync.EffectPlanned, sync.PlanExpired), "", "The plan that had the change (enrol) was given up before it was written. Run the sync.", false},
		"it was written":        {planned(sync.Enrol, sync.EffectApplied, sync.PlanDone), "", in, true},

		"suspended, and registered again": {suspendedThere, "", "The person is suspended in the course, and the SIS registers them: the next run takes them back.", false},
		"it begins later": {
			func(f *sync.Facts) { f.Applied[0].Start = asked.AddDate(0, 0, 5) }, "NOT_YET_EFFECTIVE",
			"The person is enrolled from 2026-09-20 12:00 on, which is later than today.", false,
		},
		"it is over": {
			func(f *sync.Facts) { f.Applied[0].End = asked.AddDate(0, 0, -5) }, "",
			"The enrolment ended on 2026-09-10 12:00, as the registration or its term says.", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := enrolled()
			tt.change(&f)
			got := sync.Explain(sync.Sync{}, f, asked)
			if got.Sentence != tt.sentence || got.Code != tt.code || got.In != tt.in {
				t.Errorf("%q, code %q, in the course: %v\nwant %q, code %q, %v", got.Sentence, got.Code, got.In, tt.sentence, tt.code, tt.in)
			}
			if last := got.Chain[len(got.Chain)-1]; last.Says != got.Sentence || last.OK != (tt.sentence == in) {
				t.Errorf("the chain ends with %+v", last)
			}
		})
	}
}

func TestATermThatTheSettingsLeaveOutIsSaidToBe(t *testing.T) {
	got := sync.Explain(sync.Sync{Terms: []string{"spring"}}, enrolled(), asked)
	if got.Code != "TERM_NOT_SELECTED" || got.Sentence != "The section's term fall is not synced: the settings say so. Choose it on the page Terms." {
		t.Errorf("%s: %q", got.Code, got.Sentence)
	}
}

func TestARegistrationInForceGoesBeforeOneThatHasEnded(t *testing.T) {
	f := enrolled()
	f.Registrations = append([]sync.Registered{{Registration: sis.Registration{Section: "s1", Person: "ann", Role: sis.Teacher}, Gone: true}}, f.Registrations...)
	if got := sync.Explain(sync.Sync{}, f, asked); !got.In || got.Message != "m1" {
		t.Errorf("%+v", got)
	}
}
