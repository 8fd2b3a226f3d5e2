package attendance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// batch is how many days are handed to the sink, and settled, at once.
const batch = 100

// post sends what the sink does not have. What was sent without an answer is
// read back first.
func post(ctx context.Context, s *step) error {
	if err := resolve(ctx, s); err != nil {
		return err
	}
	days, err := s.store.AttendanceToPost(ctx, s.sync.Name, s.to, s.sync.least(), math.MaxInt32)
	if err != nil {
		return err
	}
	days = slices.DeleteFunc(days, func(a sync.Attendance) bool { return !s.sync.over(a.Day, zoneOf(a.Zone, s.sync), s.now) })
	progress := tasks.Progress{Stage: "days", Total: int64(len(days))}
	for some := range slices.Chunk(days, batch) {
		if err := s.postSome(ctx, some, &progress); err != nil {
			return err
		}
		progress.Done += int64(len(some))
		s.Progress(progress)
	}
	return nil
}

// postSome posts some days, less those that a person entered in the SIS.
func (s *step) postSome(ctx context.Context, days []sync.Attendance, progress *tasks.Progress) error {
	days, err := s.compared(ctx, days)
	if err != nil || len(days) == 0 {
		return err
	}
	before := slices.Clone(days)
	asked := make([]sis.Attendance, len(days))
	for i := range days {
		asked[i] = s.send(&days[i])
	}
	if err := s.store.PutAttendance(ctx, s.sync.Name, days); err != nil {
		return err
	}
	written, down := s.sync.Sink.Post(ctx, asked)
	if ctx.Err() != nil {
		return ctx.Err() // it is not known what arrived
	}
	for i := range days {
		s.answer(&days[i], before[i], i, written, down)
		count(progress, before[i], days[i])
	}
	if err := s.store.PutAttendance(ctx, s.sync.Name, days); err != nil {
		return err
	}
	return unreachable("The attendance could not be posted", down)
}

// send says of a day that it is on its way, and what is sent.
func (s *step) send(a *sync.Attendance) sis.Attendance {
	out := sis.Attendance{
		Section: a.Section, Person: a.Person, Day: a.Day, Minutes: a.Minutes, Zone: a.Zone, Correct: a.Revision > 0 || s.sync.Overwrite,
	}
	if a.Posted != nil {
		out.Posted = *a.Posted
	}
	a.Revision++
	a.Sent, a.SentAt, a.Changed = a.Minutes, s.now, s.now
	a.State, a.Code, a.Message = sync.AttUnknown, sync.AttNotKnown, "It was sent, and the SIS has not answered yet."
	out.ID = identity(s.sync.Name, *a)
	return out
}

// identity is the same for each try to post the same revision of a day.
func identity(name string, a sync.Attendance) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%s|%d|%d", name, a.Section, a.Person, a.Day, a.Revision, a.Sent))
	return "att_" + hex.EncodeToString(sum[:16])
}

// answer notes what the sink said about the i-th of the days that it was given.
func (s *step) answer(a *sync.Attendance, before sync.Attendance, i int, written []sis.Written, down error) {
	err := down
	if i < len(written) {
		err = written[i].Err
	}
	said, ok := errors.AsType[*sis.Error](err)
	switch {
	case i >= len(written) && down == nil:
		a.Message = "The SIS did not say whether it has this day. Look there; then release the day to have it posted again."
		s.report(*a)
	case err == nil:
		a.Posted, a.State, a.Receipt = new(a.Sent), sync.AttPosted, written[i].ID
		a.Code, a.Message = before.Code, before.Message
	case !ok || said.Code == sync.AttNotKnown:
		a.Message = "The SIS broke off before it said whether it has this day. It is read back if the SIS allows; else look there, and release the day to have it posted again."
		s.report(*a)
	case said.Code == sync.AttExists:
		a.State, a.Code, a.Message = sync.AttConflict, said.Code, "The SIS has attendance of this day that we have not posted: it stays."
		s.report(*a)
	case said.Temporary:
		*a = before
	default:
		a.State, a.Code, a.Message, a.Revision = sync.AttRefused, said.Code, said.Message, before.Revision
		s.report(*a)
	}
}

func count(p *tasks.Progress, before, after sync.Attendance) {
	switch {
	case after.State != sync.AttPosted:
	case before.Posted == nil:
		p.Created++
	default:
		p.Changed++
	}
}

// compared asks the sink what it has of days, if it can say. It keeps those
// that are settled by that, and returns those to be posted.
func (s *step) compared(ctx context.Context, days []sync.Attendance) ([]sync.Attendance, error) {
	has, ok, err := s.readBack(ctx, days)
	if !ok || err != nil {
		return days, err
	}
	var open, settled []sync.Attendance
	for _, a := range days {
		switch held, found := has[a.AttendancePlace]; {
		case found && held == a.Minutes:
			a.State, a.Posted, a.Changed = sync.AttPosted, new(held), s.now
			settled = append(settled, a)
		case found == (a.Posted != nil) && (!found || held == *a.Posted), s.sync.Overwrite:
			open = append(open, a)
		default:
			s.conflict(&a, held, found)
			settled = append(settled, a)
		}
	}
	return open, s.store.PutAttendance(ctx, s.sync.Name, settled)
}

// conflict notes that the SIS has something else than we posted.
func (s *step) conflict(a *sync.Attendance, held int, found bool) {
	a.State, a.Code, a.Changed = sync.AttConflict, sync.AttChanged, s.now
	switch {
	case !found:
		a.Message = "The SIS has no attendance of this day any more: a person took it out, and it stays out."
	case a.Posted == nil:
		a.Code = sync.AttExists
		a.Message = fmt.Sprintf("The SIS has %d minutes of this day that we have not posted: they stay.", held)
	default:
		a.Message = fmt.Sprintf("The SIS has %d minutes of this day, and we posted %d: a person changed it, and it stays.", held, *a.Posted)
	}
	s.report(*a)
}

// readBack returns the minutes that the sink has of days. It is not ok if the
// sink cannot say.
func (s *step) readBack(ctx context.Context, days []sync.Attendance) (map[sync.AttendancePlace]int, bool, error) {
	reader, ok := s.sync.Sink.(sis.AttendanceReader)
	if !ok || len(days) == 0 {
		return nil, false, nil
	}
	asked := make([]sis.Attendance, len(days))
	for i, a := range days {
		asked[i] = sis.Attendance{Section: a.Section, Person: a.Person, Day: a.Day, Zone: a.Zone}
	}
	found, err := reader.Attendance(ctx, asked)
	if err != nil {
		return nil, true, unreachable("The attendance in the SIS could not be read", err)
	}
	has := make(map[sync.AttendancePlace]int, len(found))
	for _, a := range found {
		has[sync.AttendancePlace{Section: a.Section, Person: a.Person, Day: a.Day}] = a.Minutes
	}
	return has, true, nil
}

// resolve finds out what became of what was sent without an answer.
func resolve(ctx context.Context, s *step) error {
	unknown, err := s.store.Attendance(ctx, sync.AttendanceFilter{Sync: s.sync.Name, State: sync.AttUnknown})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(unknown, batch) {
		has, ok, err := s.readBack(ctx, some)
		if err != nil {
			return err
		}
		if !ok {
			s.Log.Warn("attendance waits for a person: it was sent, and the sink cannot say whether it has it", "days", len(unknown))
			return nil
		}
		for i := range some {
			s.found(&some[i], has)
		}
		if err := s.store.PutAttendance(ctx, s.sync.Name, some); err != nil {
			return err
		}
	}
	return nil
}

// found settles a day that was sent without an answer by what the sink has. A
// sink may have taken the old row out before it broke off.
func (s *step) found(a *sync.Attendance, has map[sync.AttendancePlace]int) {
	held, found := has[a.AttendancePlace]
	a.Changed = s.now
	switch {
	case found && held == a.Sent:
		a.Posted, a.State, a.Code, a.Message = new(held), sync.AttPosted, "", ""
		if a.Minutes != held {
			a.State = sync.AttComputed // more was done since
		}
	case !found:
		a.Posted, a.State, a.Code, a.Message = nil, sync.AttComputed, "", ""
	case a.Posted != nil && held == *a.Posted:
		a.State, a.Code, a.Message = sync.AttComputed, "", ""
	default:
		s.conflict(a, held, found)
	}
}
