package roster

import "github.com/beadle-jobs/beadle/internal/sync"

// A verdict is what a plan makes of a record.
type verdict struct {
	state  sync.MessageState
	code   string
	reason string
	effect string // key of the effect it is planned as
}

func waiting(code, reason string) verdict {
	return verdict{state: sync.Waiting, code: code, reason: reason}
}

func held(code, reason string) verdict { return verdict{state: sync.Held, code: code, reason: reason} }
func ignored(reason string) verdict    { return verdict{state: sync.Ignored, reason: reason} }
func planned(effect string) verdict    { return verdict{state: sync.Planned, effect: effect} }

var applied = verdict{state: sync.Applied}

// of returns what the verdict says about a message, and whether that is new.
func (v verdict) of(m sync.Message) (sync.Verdict, bool) {
	is := sync.Verdict{ID: m.ID, State: v.state, Code: v.code, Reason: v.reason, Effect: v.effect}
	return is, is != sync.Verdict{ID: m.ID, State: m.State, Code: m.Code, Reason: m.Reason, Effect: m.Effect}
}
