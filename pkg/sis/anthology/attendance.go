package anthology

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/internal/posting"
)

// Register is the attendance that the SIS keeps: a [sis.Sink]. The SIS does
// not tell what it has. It may be used by several goroutines at once.
//
// A second post of a day is refused unless it says UpdateExistingAttendance,
// which corrections do: so attendance that a person entered first stays.
type Register struct{ inbox *Inbox }

var _ sis.Sink = Register{}

// NewRegister returns a register. Its error says which setting is wrong;
// nothing is called yet.
func NewRegister(c Config) (Register, error) {
	in, err := New(c)
	return Register{in}, err
}

// Check implements [sis.Sink]: the SIS takes a post of nothing.
func (r Register) Check(ctx context.Context) error {
	_, err := r.post(ctx, nil)
	return err
}

// Post implements [sis.Sink]. Nothing is sent twice here: whoever asked decides.
func (r Register) Post(ctx context.Context, days []sis.Attendance) ([]sis.Written, error) {
	written, err := r.post(ctx, days)
	if err != nil {
		posting.Fail(written, err)
	}
	return written, err
}

func (r Register) post(ctx context.Context, days []sis.Attendance) ([]sis.Written, error) {
	items := make([]map[string]any, len(days))
	for i, a := range days {
		items[i] = r.item(a)
	}
	written := make([]sis.Written, len(days))
	body := map[string]any{r.inbox.names.fields["Attendances"]: items}
	n := 0
	text, err := json.Marshal(body)
	if err != nil {
		return written, err
	}
	_, err = r.inbox.try(ctx, postAttendance, text, func(m message) error {
		if n < len(days) {
			written[n] = r.answered(days[n], m)
		}
		n++
		return nil
	})
	if err == nil && n < len(days) {
		err = posting.Unknown(nil)
	}
	return written, outcome(ctx, err)
}

func (r Register) item(a sis.Attendance) map[string]any {
	f := r.inbox.names.fields
	return map[string]any{
		f["StudentId"]: a.Person, f["CourseSectionId"]: a.Section, f["AttendanceDate"]: a.Day.String() + "T00:00:00",
		f["MinutesAttended"]: a.Minutes, f["UpdateExistingAttendance"]: a.Correct,
	}
}

// answered reads what the SIS says of one post. Its own words are not passed
// on: they may be about a person.
func (r Register) answered(a sis.Attendance, m message) sis.Written {
	if strings.EqualFold(m.field(r.inbox.names.fields["Status"]), "OK") {
		return sis.Written{ID: a.ID}
	}
	switch why := m.field(r.inbox.names.fields["Result"]); {
	case strings.Contains(strings.ToUpper(why), "EXIST"):
		return sis.Written{Err: problem("ATT_EXISTS", "The SIS has attendance of this day already.")}
	case strings.EqualFold(why, "NOT_REGISTERED"):
		return sis.Written{Err: problem("ATT_OUTSIDE_ENROLMENT", "The SIS says that the student is not registered in the section.")}
	default:
		return sis.Written{Err: problem("ROW_MALFORMED", "The SIS refuses this attendance (%q).", why)}
	}
}

// outcome tells calls that were refused from those of which nobody knows.
func outcome(ctx context.Context, err error) error {
	said, ok := errors.AsType[*sis.Error](err)
	switch {
	case err == nil, ctx.Err() != nil, !ok:
		return err
	case said.Code == "SRC_TIMEOUT":
		return posting.Unknown(said.Err)
	case said.Code == "SRC_UNAVAILABLE" && said.Err != nil && !strings.HasPrefix(said.Err.Error(), "503"):
		return posting.Unanswered(ctx, said.Err)
	}
	return err
}
