package roster

import (
	"context"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// needs are the streams whose last pull must not have failed before a step can
// be made by itself. In a run, a pull that fails ends it.
var needs = map[string][]sis.Stream{
	TeachersPull:      {sis.Terms},
	TeachersProcess:   {sis.Terms, sis.Persons},
	SectionsPull:      {sis.Terms},
	SectionsProcess:   {sis.Terms, sis.Sections},
	RegistrationsPull: {sis.Terms, sis.Sections},
	MakePlan:          sis.Streams,
}

// ready refuses a step that somebody, or the timetable, has started by itself,
// if a pull that it needs has failed.
func (s *step) ready(ctx context.Context, name string) error {
	failed, err := s.store.SISFailedPulls(ctx, s.sync.Name)
	if err != nil {
		return err
	}
	for _, stream := range needs[name] {
		if f, is := failed[stream]; is {
			return tasks.Permanent(fault.New(fault.Conflict, "The last pull of %s, on %s, has failed: %s What it would have brought is needed here; pull it again first.",
				stream, f.At.In(s.sync.Location()).Format("2006-01-02 15:04"), f.Reason))
		}
	}
	return nil
}

// failed remembers that a pull has failed, for steps that need it. An attempt
// that was told to stop has not.
func (s *step) failed(ctx context.Context, stream sis.Stream, why error) error {
	if why == nil || ctx.Err() != nil {
		return why
	}
	told := fault.Message(why)
	if err := s.store.FailSISPull(ctx, s.sync.Name, sync.FailedPull{Stream: stream, Reason: told, At: time.Now().UTC()}); err != nil {
		s.Log.Warn("a failed pull could not be noted", "stream", stream, "error", err)
	}
	return why
}

// A part is what the ledger keeps of a sync that steps read and write.
type part string

// The parts. Each pull has its own, so that pulls do not wait for what is
// written to the LMS.
const (
	termsPart         part = "terms"
	personsPart       part = "persons"
	sectionsPart      part = "sections"
	registrationsPart part = "registrations"
	linksPart         part = "links"
	accountsPart      part = "accounts"
	planPart          part = "plan"
)

// touches are the parts that each step reads and writes.
var touches = map[string]struct{ reads, writes []part }{
	TermsPull:            {writes: []part{termsPart}},
	TeachersPull:         {reads: []part{termsPart}, writes: []part{personsPart}},
	TeachersProcess:      {reads: []part{termsPart, personsPart}, writes: []part{accountsPart}},
	SectionsPull:         {reads: []part{termsPart}, writes: []part{sectionsPart}},
	SectionsProcess:      {reads: []part{termsPart, sectionsPart}, writes: []part{linksPart}},
	RegistrationsPull:    {reads: []part{termsPart}, writes: []part{registrationsPart}},
	MakePlan:             {reads: []part{termsPart, personsPart, sectionsPart, registrationsPart}, writes: []part{linksPart, accountsPart, planPart}},
	RegistrationsProcess: {writes: []part{linksPart, accountsPart, planPart}},
}

// resource is all that the ledger keeps of a sync. Whoever holds it alone has
// every part.
func resource(name string) []string { return []string{"sis:" + name} }

// reads are the resources that a step shares with others.
func reads(task, name string) []string {
	return slices.Concat(resource(name), parts(name, touches[task].reads))
}

// writes are the resources that a step has alone.
func writes(task, name string) []string { return parts(name, touches[task].writes) }

func parts(name string, all []part) (names []string) {
	for _, one := range all {
		names = append(names, "sis:"+name+":"+string(one))
	}
	return names
}
