package auth

import (
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// A Need is what it takes to ask for a route of the API or for a page at all.
// What is asked for there may need more: the right over that one job. The zero
// Need is met by nobody, so that a route which was given none is closed.
type Need string

// The needs. One that does not say everywhere is met by the right over
// anything at all; what is shown and changed is cut down to that.
const (
	NeedNothing Need = "nothing"            // open, also to those who have not logged in
	NeedLogin   Need = "login"              // anybody who is known
	NeedJobs    Need = "own or see"         // jobs: one's own, or those of others
	NeedOwn     Need = "own"                // start jobs, abort and retry one's own
	NeedSee     Need = "see"                // what power users have no part in: schedules, workers, limits
	NeedOperate Need = "operate"            // change what belongs to a client or a task
	NeedSeeAll  Need = "see everywhere"     // what tells of all clients together
	NeedRun     Need = "operate everywhere" // change what belongs to no client
	NeedAdmin   Need = "administer everywhere"
)

// Needs are all needs, from the least to the most.
var Needs = []Need{NeedNothing, NeedLogin, NeedJobs, NeedOwn, NeedSee, NeedOperate, NeedSeeAll, NeedRun, NeedAdmin}

// met tells of each need whether somebody meets it.
var met = map[Need]func(Who) bool{
	NeedNothing: func(Who) bool { return true },
	NeedLogin:   func(w Who) bool { return !w.Nobody() },
	NeedJobs:    func(w Who) bool { return w.Anywhere(Own) || w.Anywhere(See) },
	NeedOwn:     func(w Who) bool { return w.Anywhere(Own) },
	NeedSee:     func(w Who) bool { return w.Anywhere(See) },
	NeedOperate: func(w Who) bool { return w.Anywhere(Operate) },
	NeedSeeAll:  func(w Who) bool { return w.Everywhere(See) },
	NeedRun:     func(w Who) bool { return w.Everywhere(Operate) },
	NeedAdmin:   func(w Who) bool { return w.Everywhere(Administer) },
}

// missing is what somebody lacks who does not meet a need, as "This needs …".
var missing = map[Need]string{
	NeedLogin:   "you to log in",
	NeedJobs:    "the right to see jobs",
	NeedOwn:     "the right to start jobs",
	NeedSee:     "the right to see the jobs of others",
	NeedOperate: "the right to operate",
	NeedSeeAll:  "the right to see every client and every task",
	NeedRun:     "the right to operate every client and every task",
	NeedAdmin:   "the right to administer every client and every task",
}

// Met reports whether w meets n.
func (n Need) Met(w Who) bool { return met[n] != nil && met[n](w) }

// Check refuses who does not meet n, in a sentence that names what is missing.
func (n Need) Check(w Who) error {
	switch {
	case n.Met(w):
		return nil
	case w.Nobody():
		return fault.New(fault.Denied, "Log in first, or send a token.")
	case missing[n] == "":
		return fault.New(fault.Denied, "Nobody may do this.")
	}
	return fault.New(fault.Denied, "This needs %s; %s.", missing[n], w.roles())
}

// Nobody reports whether it is not known who w is.
func (w Who) Nobody() bool { return w.Name == "" }

// roles says what w is: "you are a viewer".
func (w Who) roles() string {
	grants, begin := w.Grants, "you are "
	if w.Within != nil {
		grants, begin = w.Within, "this token is good for "
	}
	if len(grants) == 0 {
		return "you have no rights here yet"
	}
	var all []string
	for _, g := range grants {
		all = append(all, article(g.String()))
	}
	return begin + strings.Join(all, " and ")
}

func article(noun string) string {
	if strings.HasPrefix(noun, "o") {
		return "an " + noun
	}
	return "a " + noun
}
