package sync

import (
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// RekeySuspectedCode is the code of a hold that asks whether new records are
// old ones under other keys. Approving it says that they are.
const RekeySuspectedCode = "REKEY_SUSPECTED"

// AnswerRekeys returns what a person says about pairs of keys that are asked about,
// and the links that follow from it: a section that is another's goes on with
// its course.
func AnswerRekeys(asked []Rekey, links map[string]Link, same bool, by string, at time.Time) (answered []Rekey, taken []Link) {
	for _, k := range asked {
		k.State, k.By, k.Changed = RekeyRefused, by, at
		if same {
			k.State = RekeyAccepted
		}
		answered = append(answered, k)
		known := slices.ContainsFunc(taken, func(l Link) bool { return l.Section == k.New })
		if old, ok := links[k.Old]; ok && same && !known && k.Stream == sis.Sections {
			taken = append(taken, Link{
				Section: k.New, Course: old.Course, Shortname: old.Shortname, How: Rekeyed, Linked: true, Changed: at,
				Reason: "The section was " + k.Old + " before.",
			})
		}
	}
	return answered, taken
}

// Answered reports whether people have said something about keys that decides
// what else is to be written: a new plan has to be made.
func (p Plan) Answered() bool {
	for _, h := range p.Held {
		if h.Code == RekeySuspectedCode && (h.State == HoldApproved || h.State == HoldRejected) {
			return true
		}
	}
	return false
}
