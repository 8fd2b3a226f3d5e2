package job

import (
	"cmp"
	"time"
)

// What a [Hold] may be on.
const (
	HoldClient = "client"
	HoldTask   = "task" // or those that begin so: "sis.*"
	HoldJob    = "job"  // the first of a lineage, and with it all of the lineage
	HoldOwner  = "owner"
)

// HoldKinds are all kinds of thing that a hold may be on.
var HoldKinds = []string{HoldClient, HoldTask, HoldJob, HoldOwner}

// A Hold keeps jobs, with all that is recorded of them, for as long as it is
// there, whatever the retention says: somebody may have to show them.
type Hold struct {
	Name   string    `json:"name"` // such as audit-2026
	On     string    `json:"on"`   // one of [HoldKinds]
	Of     string    `json:"of"`   // its name or id
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	Since  time.Time `json:"since"`
}

// Upon returns a hold on the whole lineage of j: what one of its jobs did is not
// understood without the others.
func (h Hold) Upon(j Job) Hold {
	h.Of = cmp.Or(j.Root, j.ID)
	return h
}

// Covers reports whether h keeps j.
func (h Hold) Covers(j Job) bool {
	switch h.On {
	case HoldClient:
		return j.Client == h.Of
	case HoldTask:
		return Reach{Tasks: h.Of}.Fits("", j.Task, "")
	case HoldJob:
		return j.ID == h.Of || j.Root == h.Of
	case HoldOwner:
		return j.Owner == h.Of
	}
	return true // nothing is removed by a hold that nobody understands
}
