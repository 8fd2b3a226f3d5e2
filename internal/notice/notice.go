// Package notice is the words for telling people what became of jobs, and the
// rules by which it is decided who is told.
//
// Somebody may follow one job until it ends, or have a [Rule] that chooses jobs
// and slots by task, client and what became of them. Something that happened is
// a [Happening]; that somebody is to be told of it is a [Notice], of which there
// is at most one for each follower or rule, job or slot, and what happened; and
// what is sent, with one notice or with many, is a [Delivery].
//
// This package keeps nothing and sends nothing. Package notify does.
package notice

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A What is what became of a job or a slot.
type What string

// What rules may choose.
const (
	Failed  What = "failed"
	Errors  What = "errors" // succeeded, with record errors
	Aborted What = "aborted"
	Expired What = "expired"
	Missed  What = "missed" // a slot
	Held    What = "held"   // waits for a person's approval
	Stuck   What = "stuck"  // was told to stop, and its code still runs
)

// What is told besides: by the measure of a rule, or to those who follow a job.
const (
	Late  What = "late"  // started later than the rule allows, or has not started by then
	Long  What = "long"  // takes longer than is usual, times what the rule says
	Ended What = "ended" // to those who follow a job
	Test  What = "test"  // nothing happened: somebody tries a rule
)

// Outcomes are what rules may choose, in the order in which people read them.
var Outcomes = []What{Failed, Errors, Aborted, Expired, Missed, Held, Stuck}

// Words says w as people do.
func (w What) Words() string {
	return cmp.Or(map[What]string{
		Errors: "succeeded with errors", Aborted: "was aborted", Missed: "was missed", Held: "waits for approval", Stuck: "does not stop",
		Late: "is late", Long: "takes longer than usual", Ended: "ended", Test: "test",
	}[w], string(w))
}

// OfEnd returns what rules call the end of a job, and nothing of one that went
// well or has not ended.
func OfEnd(j job.Job) What {
	switch j.State {
	case job.Failed:
		return Failed
	case job.Aborted:
		return Aborted
	case job.Expired:
		return Expired
	case job.Succeeded:
		if j.Errors > 0 {
			return Errors
		}
	}
	return ""
}

// A Happening is something that is to be looked at: a job that ended, is held or
// is stuck, or a slot that was missed. It is written in the same transaction as
// the history that it is about, and taken away in the one that writes who is
// told of it, so that no change of leader loses it.
type Happening struct {
	What     What // [Ended], [Held], [Stuck] or [Missed]
	Job      string
	Schedule string    // of a slot
	Due      time.Time // of a slot
	At       time.Time
}

// Key names h among all happenings.
func (h Happening) Key() string {
	if h.Job != "" {
		return "job " + h.Job + " " + string(h.What)
	}
	return "slot " + h.Schedule + " " + h.Due.UTC().Format(time.RFC3339) + " " + string(h.What)
}

// A Follow is somebody who wants to hear when a job has ended.
type Follow struct {
	Person string     `json:"person"`
	Job    string     `json:"job"`
	Since  time.Time  `json:"since"`
	Told   *time.Time `json:"told,omitempty"`
}

// Facts are what a message says of one thing that happened. Templates of chat
// rules see them.
type Facts struct {
	What     What      `json:"what"`
	Title    string    `json:"title"`  // of the job, or the schedule
	Detail   string    `json:"detail"` // one sentence
	Job      string    `json:"job,omitempty"`
	Task     string    `json:"task"`
	Client   string    `json:"client"`
	Owner    string    `json:"owner,omitempty"`
	State    job.State `json:"state,omitempty"`
	Errors   int64     `json:"errors,omitempty"` // record errors
	Error    string    `json:"error,omitempty"`  // of the last attempt
	Schedule string    `json:"schedule,omitempty"`
	Due      time.Time `json:"due,omitzero"` // of the slot
	At       time.Time `json:"at"`
	Path     string    `json:"path"` // of the page, below the public address
}

// A Notice is that one recipient is to be told of one thing.
type Notice struct {
	ID      string
	Rule    string // empty: somebody follows the job
	Channel Channel
	To      string
	Due     time.Time // not sent before
	Digest  bool      // together with others
	Facts   Facts
	Created time.Time
}

// A Recipient is where notices of one rule go.
type Recipient struct {
	Rule    string
	Channel Channel
	To      string
}

// IDOf returns the id of the notice of a rule or a follower about something: the
// same for the same, so that nobody is told twice.
func IDOf(rule string, c Channel, to, about string, what What) string {
	return Derived(time.Time{}, "notice", rule, string(c), to, about, string(what))
}

// Derived returns a UUIDv7 of that time, always the same for the same words.
func Derived(at time.Time, words ...string) string {
	var ms [8]byte
	if !at.IsZero() {
		binary.BigEndian.PutUint64(ms[:], uint64(at.UnixMilli()))
	}
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	id := uuid.UUID(sum[:16])
	if !at.IsZero() {
		copy(id[:6], ms[2:])
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// A State is how far a delivery is.
type State string

// The states of a delivery.
const (
	Pending  State = "pending"  // its job is not enqueued yet
	Queued   State = "queued"   // its job is
	Retrying State = "retrying" // an attempt failed; there is another
	Sent     State = "sent"     // final
	Given    State = "failed"   // final, until somebody tries again
)

// A Delivery is one message to one recipient, and what became of it.
type Delivery struct {
	ID       string     `json:"id"`
	Rule     string     `json:"rule,omitempty"` // empty: somebody follows the job
	Channel  Channel    `json:"channel"`
	To       string     `json:"to"` // of webhooks and chats the server only, where it is shown
	Subject  string     `json:"subject"`
	State    State      `json:"state"`
	Attempts int        `json:"attempts"`
	Answer   string     `json:"answer,omitempty"` // the last one, in one line
	Job      string     `json:"job,omitempty"`    // the job that delivers it
	Round    int        `json:"-"`                // grows when somebody tries again
	Created  time.Time  `json:"created"`
	Next     *time.Time `json:"next,omitempty"` // next attempt, as far as it is known
	Sent     *time.Time `json:"sent,omitempty"`
	Facts    []Facts    `json:"facts,omitempty"`
	More     int        `json:"more,omitempty"` // things that happened and have no line in it
}

// Shown returns d as people may see it.
func (d Delivery) Shown() Delivery {
	d.To = shownTo(d.Channel, d.To)
	return d
}

// Count returns how many things that happened d tells of.
func (d Delivery) Count() int { return len(d.Facts) + d.More }

// Lines is how many lines a message of many has at most.
const Lines = 50

// Together makes one delivery of notices to one recipient. It must be given at
// least one.
func Together(all []Notice, now time.Time) Delivery {
	first := all[0]
	d := Delivery{
		ID: Derived(now, "delivery", first.ID), Rule: first.Rule, Channel: first.Channel, To: first.To,
		State: Pending, Created: now, More: max(0, len(all)-Lines),
	}
	for _, n := range all {
		if n.Rule != d.Rule {
			d.Rule = ""
		}
	}
	for _, n := range all[:min(len(all), Lines)] {
		d.Facts = append(d.Facts, n.Facts)
	}
	d.Subject = subject(all)
	return d
}

// DeliverTask is the task whose jobs deliver. Nobody is told of those.
const DeliverTask = "beadle.notify.deliver"

// DeliverArgs are what a job of that task is asked to do.
type DeliverArgs struct {
	Delivery string `json:"delivery"` // its id
}

// JobID returns the id of the job that delivers d in this round.
func (d Delivery) JobID() string {
	return Derived(d.Created, "deliver", d.ID, string(rune('0'+d.Round)))
}

// Counts returns how many of each are in facts, in the order in which people
// read them: "3 failed, 1 missed".
func Counts(facts []Facts) string {
	n := map[What]int{}
	for _, f := range facts {
		n[f.What]++
	}
	var parts []string
	for _, w := range slices.Concat(Outcomes, []What{Late, Long, Ended, Test}) {
		if n[w] > 0 {
			parts = append(parts, plural(n[w], w))
		}
	}
	return strings.Join(parts, ", ")
}
