package door

import (
	"context"
	"errors"
	"strings"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// A reason is why a login is refused, in words that only the audit hears.
type reason string

func (r reason) Error() string { return string(r) }

// maxTried is how many characters of a name the audit keeps.
const maxTried = 100

// tell tells the log and the audit of a login that came to err, if it was refused: what a store or a
// provider that is away has caused is none of anybody's tries.
func (d *Door) tell(ctx context.Context, r auth.Refusal, err error) {
	if !isRefusal(err) {
		return
	}
	r.Name, r.Address, r.Why = short(r.Name), host(r.Address), fault.Message(err)
	if why, ok := errors.AsType[reason](err); ok {
		r.Why = string(why)
	}
	r.Wait = fault.KindOf(err) == fault.Unavailable
	d.Log.WarnContext(ctx, "login refused", "by", r.Way, "remote", r.Address, "reason", r.Why)
	if d.Refused != nil {
		d.Refused.LoginRefused(ctx, r)
	}
}

// isRefusal reports whether somebody was refused for what they came with, or
// for coming too often.
func isRefusal(err error) bool {
	f, ok := errors.AsType[*fault.Error](err)
	return ok && (f.Kind == fault.Denied || f.Kind == fault.NotFound || f.Kind == fault.Conflict || f.After > 0)
}

// short returns a name as the audit keeps it.
func short(name string) string {
	all := []rune(strings.ToValidUTF8(strings.TrimSpace(name), "\uFFFD"))
	return string(all[:min(len(all), maxTried)])
}
