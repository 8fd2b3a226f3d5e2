package sync

import (
	"fmt"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Facts are what is known about a person and a section: all that it takes to
// say why the person is, or is not, in the section's course.
type Facts struct {
	AskedPerson  string // as people asked: a key, or part of a username
	AskedSection string // a key or a class code

	Persons       []Known[sis.Person] // whom the question may mean; one, unless it is vague
	Sections      []Section           // likewise
	Terms         []Term              // of the section
	Account       *PersonLink
	PersonMessage *Message // the newest about the person
	Registrations []Registered
	Doubt         string // code: why the registration is gone only if a person says so
	Applied       []Enrolment
	Override      *Override
	Plan          *Plan   // that judged the registration last, or else the newest
	Effect        *Effect // of that plan, about this person and course
	Pulled        Pull    // of the registrations
}

// An Answer says why a person is, or is not, in a section's course.
type Answer struct {
	Person   string `json:"person"` // keys of the SIS, as far as they are known
	Section  string `json:"section"`
	In       bool   `json:"in"` // the person is in the course, as far as the sync wrote it
	Sentence string `json:"sentence"`
	Code     string `json:"code,omitempty"`
	Chain    []Fact `json:"chain"` // what that follows from, in order
	Message  string `json:"message,omitempty"`
	Plan     string `json:"plan,omitempty"`
}

// A Fact is one link of the chain from the SIS to the course.
type Fact struct {
	About string `json:"about"`
	Says  string `json:"says"`
	OK    bool   `json:"ok"` // nothing stands in the way here
}

// Explain answers why a person is, or is not, in a section's course. The
// sentence is the first fact that stands in the way.
func Explain(s Sync, f Facts, now time.Time) Answer {
	e := explainer{sync: s, Facts: f, today: s.Today(now)}
	e.answer.Chain = []Fact{}
	for _, look := range []func() bool{e.person, e.section, e.registration, e.departed, e.term, e.link, e.verdict, e.account, e.effect, e.applied} {
		if !look() {
			break
		}
	}
	return e.answer
}

// An explainer walks along the chain. Each step adds a fact and reports whether
// to go on.
type explainer struct {
	sync  Sync
	today time.Time
	Facts
	one    *Registered
	answer Answer
}

// fine notes a fact that does not stand in the way.
func (e *explainer) fine(about, format string, args ...any) bool {
	e.answer.Chain = append(e.answer.Chain, Fact{About: about, Says: fmt.Sprintf(format, args...), OK: true})
	return true
}

// stop notes the fact that is the answer.
func (e *explainer) stop(about, code, format string, args ...any) bool {
	says := fmt.Sprintf(format, args...)
	e.answer.Chain = append(e.answer.Chain, Fact{About: about, Says: says})
	e.answer.Sentence, e.answer.Code = says, code
	return false
}

func (e *explainer) person() bool {
	switch len(e.Persons) {
	case 0:
		if len(e.Registrations) == 0 {
			return e.stop("Person", "REF_PERSON", "The SIS has sent no person %q.", e.AskedPerson)
		}
		e.answer.Person = e.AskedPerson
		return e.fine("Person", "The SIS has sent a registration of %s, and not the person.", e.AskedPerson)
	case 1:
		one := e.Persons[0]
		e.answer.Person = one.Record.Key
		if one.Gone {
			return e.fine("Person", "%s is gone from the SIS.", one.Record.Key)
		}
		return e.fine("Person", "The SIS knows %s as %s.", one.Record.Key, roles(one.Record.Roles))
	}
	keys := make([]string, len(e.Persons))
	for i, one := range e.Persons {
		keys[i] = one.Record.Key
	}
	return e.stop("Person", "", "%d people may be meant by %q: %s. Ask for one of them.", len(keys), e.AskedPerson, strings.Join(keys, ", "))
}

func roles(all []sis.Role) string {
	if len(all) == 0 {
		return "a person without a role"
	}
	words := make([]string, len(all))
	for i, one := range all {
		words[i] = string(one)
	}
	return strings.Join(words, " and ")
}

func (e *explainer) section() bool {
	switch len(e.Sections) {
	case 0:
		if len(e.Registrations) == 0 {
			return e.stop("Section", "REF_SECTION", "The SIS has sent no section %q.", e.AskedSection)
		}
		e.answer.Section = e.AskedSection
		return e.fine("Section", "The SIS has sent a registration in %s, and not the section.", e.AskedSection)
	case 1:
		one := e.Sections[0]
		e.answer.Section = one.Key
		if one.Gone {
			return e.fine("Section", "%s (%s) is gone from the SIS.", one.Key, one.Title)
		}
		return e.fine("Section", "The SIS knows %s: %s.", one.Key, one.Title)
	}
	keys := make([]string, len(e.Sections))
	for i, one := range e.Sections {
		keys[i] = one.Key
	}
	return e.stop("Section", "", "%d sections may be meant by %q: %s. Ask for one of them.", len(keys), e.AskedSection, strings.Join(keys, ", "))
}

// registration finds the registration in question: one that is in force before
// one that has ended, a student's before others.
func (e *explainer) registration() bool {
	for i, r := range e.Registrations {
		if e.one == nil || e.one.Gone && !r.Gone || e.one.Gone == r.Gone && r.Role == sis.Student {
			e.one = &e.Registrations[i]
		}
	}
	switch {
	case e.one == nil && e.Pulled.At.IsZero():
		return e.stop("Registration", "", "Registrations were never pulled from the SIS. Run the sync.")
	case e.one == nil:
		return e.stop("Registration", "", "The SIS has sent no registration of %s in %s; the last pull was on %s.",
			e.answer.Person, e.answer.Section, e.day(e.Pulled.At))
	}
	e.answer.Message = e.one.Message
	if e.one.Gone {
		return true
	}
	return e.fine("Registration", "The SIS registers %s in %s as %s%s.", e.answer.Person, e.answer.Section, e.one.Role, e.dates())
}

func (e *explainer) dates() string {
	words := ""
	if !e.one.Begin.IsZero() {
		words += " from " + e.one.Begin.String()
	}
	if !e.one.End.IsZero() {
		words += " until " + e.one.End.String()
	}
	return words
}

func (e *explainer) day(at time.Time) string {
	return at.In(e.sync.Location()).Format("2006-01-02 15:04")
}

// departed stops at a registration that has ended.
func (e *explainer) departed() bool {
	switch {
	case !e.one.Gone:
		return true
	case e.Doubt != "":
		return e.stop("Registration", e.Doubt, "The registration was missing when the SIS was last read, which is doubtful (%s): nothing is changed until a person says so.%s",
			e.Doubt, e.standing())
	}
	why := ""
	if e.one.Reason != "" {
		why = " " + e.one.Reason
	}
	return e.stop("Registration", e.one.Code, "The registration has ended in the SIS.%s%s", why, e.standing())
}

// standing says what was last written to the course.
func (e *explainer) standing() string {
	switch {
	case len(e.Applied) == 0:
		return " Nobody was enrolled because of it."
	case e.suspended():
		return " The person was suspended in the course."
	}
	e.answer.In = true
	return " The person is still in the course."
}

func (e *explainer) suspended() bool {
	for _, a := range e.Applied {
		if !a.Suspended {
			return false
		}
	}
	return true
}

// term stops at a section of which no term is synced.
func (e *explainer) term() bool {
	if len(e.Sections) == 0 {
		return e.stop("Section", "REF_SECTION", "The SIS has sent the registration, and not its section %s. It goes on when the section arrives.", e.answer.Section)
	}
	section := e.Sections[0]
	if section.Gone {
		return e.stop("Section", "REF_SECTION", "The section %s is gone from the SIS: nobody is added to its course.%s", section.Key, e.standing())
	}
	if len(e.Terms) == 0 {
		return e.stop("Term", "REF_TERM", "The SIS has not sent the section's term (%s).", strings.Join(section.Terms, ", "))
	}
	for _, t := range e.Terms {
		if t.Chosen(e.sync) {
			return e.fine("Term", "%s is synced%s.", t.Key, chosenBy(t))
		}
	}
	return e.stop("Term", "TERM_NOT_SELECTED", "The section's term %s is not synced%s. Choose it on the page Terms.", e.Terms[0].Key, chosenBy(e.Terms[0]))
}

func chosenBy(t Term) string {
	switch {
	case t.Choice == nil:
		return ": the settings say so"
	case t.Choice.Reason != "":
		return ": a person said so (" + t.Choice.Reason + ")"
	}
	return ": a person said so"
}

// link stops at a section without a course.
func (e *explainer) link() bool {
	section := e.Sections[0]
	switch section.State {
	case SectionLinked:
	case SectionSuspected:
		return e.stop("Section", "REKEY_SUSPECTED", "The section %s looks like %s, which is gone, under a new id. Say whether it is, on the page Sections.", section.Key, section.Before)
	case SectionWaiting:
		return e.stop("Section", section.Trouble, "%s", section.Reason)
	case SectionUnlinked:
		return e.stop("Link", "SECTION_UNLINKED", "A person has taken the section from its course%s. Link it again to go on.", inBrackets(section.Link.Reason))
	default:
		if e.Effect == nil {
			return e.stop("Link", or(section.Trouble, "SECTION_UNLINKED"), "%s", or(section.Reason, "The section is not linked to a course yet. Link it on the page Sections, or run the sync."))
		}
		return e.fine("Link", "The plan makes a course for the section.")
	}
	if section.Trouble != "" { // withdrawn by the SIS after it was linked
		return e.stop("Section", section.Trouble, "%s", section.Reason)
	}
	return e.fine("Link", "The section is linked to the course %s.", or(section.Link.Shortname, section.Link.Course))
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// verdict stops at what the last plan said of the registration, unless it is
// about the account or the plan itself: these have facts of their own.
func (e *explainer) verdict() bool {
	m := e.one
	switch {
	case m.Message == "" || m.State == Applied || m.State == Planned:
		return true
	case m.State == Received:
		return e.stop("Message", "", "The registration has arrived, and no plan has looked at it yet. Run the sync.")
	case len(e.Persons) == 0:
		return e.stop("Person", "REF_PERSON", "The SIS has sent the registration, and not its person %s. It goes on when the person arrives.", e.answer.Person)
	case e.Persons[0].Gone:
		return e.stop("Person", "REF_PERSON", "The person %s is gone from the SIS: a registration alone enrols nobody.%s", e.answer.Person, e.standing())
	case e.Effect != nil && e.Effect.State == EffectHeld:
		return true
	case m.State == Superseded || m.State == Duplicate:
		return true
	}
	return e.stop("Message", m.Code, "The registration is %s: %s", m.State, or(m.Reason, m.Code))
}

// account stops at a person without an account.
func (e *explainer) account() bool {
	if e.Account != nil {
		return e.fine("Account", "%s has an account in the LMS.", e.answer.Person)
	}
	m := e.PersonMessage
	if m != nil && (m.State == Held || m.State == Waiting || m.State == Rejected) {
		return e.stop("Account", m.Code, "The person has no account: %s", or(m.Reason, m.Code))
	}
	return e.fine("Account", "%s has no account in the LMS yet.", e.answer.Person)
}

// effect stops at a change that is planned and not written.
func (e *explainer) effect() bool {
	if e.Override != nil {
		return e.stop("Plan", "MANUAL_OVERRIDE", "A person has %s this change on %s%s. It is not made until the SIS changes the registration, or somebody releases it.",
			e.Override.Cause, e.day(e.Override.At), inBrackets(e.Override.Reason))
	}
	if e.Effect == nil || e.Plan == nil {
		return true
	}
	e.answer.Plan = e.Plan.ID
	what := strings.ReplaceAll(string(e.Effect.Op), "_", " ")
	switch e.Effect.State {
	case EffectHeld:
		return e.stop("Plan", e.Effect.Code, "The plan holds the change (%s): %s", what, or(e.held(), "a person has to approve it."))
	case EffectFailed:
		return e.stop("Plan", e.Effect.Code, "The LMS did not take the change (%s): %s The next run tries again.", what, or(e.Effect.Message, e.Effect.Code+"."))
	case EffectRejected:
		return e.stop("Plan", e.Effect.Code, "A person does not want the change (%s)%s.", what, inBrackets(e.Effect.Message))
	case EffectUnknown, EffectSent:
		return e.stop("Plan", e.Effect.Code, "The change (%s) was handed to the LMS, and its answer is not in. The next run looks again.", what)
	case EffectPlanned:
		return e.planned(what)
	}
	return e.fine("Plan", "The change (%s) was written.", what)
}

func (e *explainer) planned(what string) bool {
	switch e.Plan.State {
	case PlanDraft:
		return e.stop("Plan", "", "A dry run plans the change (%s), and changes nothing. Run the sync.", what)
	case PlanAborted, PlanExpired:
		return e.stop("Plan", "", "The plan that had the change (%s) was given up before it was written. Run the sync.", what)
	}
	return e.stop("Plan", "", "The change (%s) is planned and is about to be written.", what)
}

// held says why the plan holds the change.
func (e *explainer) held() string {
	for _, h := range e.Plan.Held {
		if h.ID == e.Effect.Hold && h.ID != "" || h.ID == "" && h.Code == e.Effect.Code {
			return h.Message
		}
	}
	return ""
}

// applied is the last fact: what was written to the course.
func (e *explainer) applied() bool {
	if len(e.Applied) == 0 {
		return e.stop("Course", "", "Nothing was written to the course yet, and nothing stands in the way. Run the sync.")
	}
	at := e.Applied[0]
	for _, a := range e.Applied {
		if !a.Suspended {
			at = a
		}
	}
	switch {
	case at.Suspended:
		return e.stop("Course", "", "The person is suspended in the course, and the SIS registers them: the next run takes them back.")
	case at.Start.After(e.today):
		return e.stop("Course", "NOT_YET_EFFECTIVE", "The person is enrolled from %s on, which is later than today.", e.day(at.Start))
	case !at.End.IsZero() && !at.End.After(e.today):
		return e.stop("Course", "", "The enrolment ended on %s, as the registration or its term says.", e.day(at.End))
	}
	e.stop("Course", "", "The person was enrolled in the course as %s. If they are not there now, somebody changed it in the LMS, which a sync does not undo.", at.Role)
	e.answer.Chain[len(e.answer.Chain)-1].OK, e.answer.In = true, true
	return false
}
