package notice

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A Channel is the way by which somebody is told.
type Channel string

// The channels.
const (
	ToPerson Channel = "person" // by e-mail, at the address that the person has
	ToEmail  Channel = "email"
	Webhook  Channel = "webhook" // signed JSON
	Chat     Channel = "chat"    // JSON as a chat takes it
)

// Channels are all channels.
var Channels = []Channel{ToPerson, ToEmail, Webhook, Chat}

// A Digest is whether notices are gathered, and for how long.
type Digest string

// The digests.
const (
	AtOnce Digest = ""
	Hourly Digest = "hourly"
	Daily  Digest = "daily"
)

// A Rule says who is told when something becomes of some jobs or slots.
type Rule struct {
	Name     string      `json:"name"`
	Tasks    string      `json:"tasks,omitempty"`        // a task, or those that begin so: "sis.*"; empty: every task
	Client   string      `json:"client,omitempty"`       // empty: every client
	Outcomes []What      `json:"outcomes,omitempty"`     // any of [Outcomes]
	Late     job.Seconds `json:"late_seconds,omitempty"` // started later than that; zero: does not matter
	Over     float64     `json:"over,omitempty"`         // times the usual duration; zero: does not matter

	Channel  Channel  `json:"channel"`
	To       string   `json:"to"`                 // a person's name, an e-mail address, a URL
	Format   Format   `json:"format,omitempty"`   // of a chat
	Template string   `json:"template,omitempty"` // of a chat whose format is [Custom]
	Secrets  []string `json:"secrets,omitempty"`  // of a webhook: what it is signed with; two while they are changed

	Digest Digest `json:"digest,omitempty"`
	Hour   int    `json:"hour,omitempty"` // of a daily digest
	Quiet  *Quiet `json:"quiet,omitempty"`
	Zone   string `json:"zone,omitempty"` // IANA name, of hours and of quiet times; empty: UTC
	Paused bool   `json:"paused,omitempty"`

	Owner    string    `json:"owner"` // who made it: nobody is told of what the owner may not see
	Revision int64     `json:"revision"`
	Changed  time.Time `json:"changed"`
}

// Quiet is a time of the day in which nothing is sent. It may pass midnight.
type Quiet struct {
	From string `json:"from"` // "22:00"
	To   string `json:"to"`   // "07:00"
}

const masked = "••••"

// Shown returns r as people may see it: without its secrets, and without the
// part of a web address that is one.
func (r Rule) Shown() Rule {
	r.To = shownTo(r.Channel, r.To)
	r.Secrets = slices.Clone(r.Secrets)
	for i, secret := range r.Secrets {
		r.Secrets[i] = shownSecret(secret)
	}
	return r
}

// shownSecret stands for a secret: it tells it from others, and does not tell it.
func shownSecret(secret string) string {
	if strings.HasPrefix(secret, masked) {
		return secret
	}
	sum := sha256.Sum256([]byte(secret))
	return masked + hex.EncodeToString(sum[:3])
}

// Keeping returns r with the secrets and the address of the rule that it
// replaces, where those who edit it left them as they were shown.
func (r Rule) Keeping(was Rule) Rule {
	if (r.Channel == was.Channel || r.Channel == Webhook || r.Channel == Chat) && r.To == shownTo(was.Channel, was.To) {
		r.To = was.To
	}
	r.Secrets = slices.Clone(r.Secrets)
	for i, s := range r.Secrets {
		if at := slices.IndexFunc(was.Secrets, func(old string) bool { return s == shownSecret(old) }); at >= 0 {
			r.Secrets[i] = was.Secrets[at]
		}
	}
	if r.Channel != Webhook { // those of the webhook that it was go
		r.Secrets = slices.DeleteFunc(r.Secrets, func(s string) bool { return slices.Contains(was.Secrets, s) })
	} else if len(r.Secrets) == 0 {
		r.Secrets = was.Secrets
	}
	return r
}

// Measures reports whether r looks at how long jobs take or when they start, so
// that jobs which went well matter to it too.
func (r Rule) Measures() bool { return r.Late > 0 || r.Over > 0 }

// Fits reports whether r is about jobs of that client and task.
func (r Rule) Fits(client, task string) bool {
	return task != DeliverTask && job.Reach{Client: r.Client, Tasks: r.Tasks}.Fits(client, task, "")
}

// Wants reports whether r tells of what.
func (r Rule) Wants(what What) bool {
	switch what {
	case Late:
		return r.Late > 0
	case Long:
		return r.Over > 0
	}
	return slices.Contains(r.Outcomes, what)
}

// MayKeep reports whether w may make, change and remove r: what is for oneself
// everybody who may see jobs, and what is for others those who operate all that
// it is about.
func (r Rule) MayKeep(w auth.Who) bool {
	if r.Channel == ToPerson && r.To == w.Name {
		return w.Anywhere(auth.See) || w.Anywhere(auth.Own)
	}
	return w.May(auth.Operate, r.Client, r.Tasks)
}

// MaySee reports whether w may see r.
func (r Rule) MaySee(w auth.Who) bool {
	return w.Name != "" && r.Owner == w.Name || r.MayKeep(w)
}

// DueOf returns when something that happens now may be sent by r.
func (r Rule) DueOf(now time.Time) time.Time {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		zone = time.UTC
	}
	at := now.In(zone)
	switch r.Digest {
	case Hourly:
		at = at.Truncate(time.Hour).Add(time.Hour)
	case Daily:
		at = nextHour(at, r.Hour)
	}
	if r.Quiet != nil {
		at = r.Quiet.over(at)
	}
	return at.UTC()
}

func nextHour(at time.Time, hour int) time.Time {
	next := time.Date(at.Year(), at.Month(), at.Day(), hour, 0, 0, 0, at.Location())
	if !next.After(at) {
		next = time.Date(at.Year(), at.Month(), at.Day()+1, hour, 0, 0, 0, at.Location())
	}
	return next
}

// over returns at, or the end of the quiet time that at is in.
func (q Quiet) over(at time.Time) time.Time {
	from, errFrom := clock(q.From)
	to, errTo := clock(q.To)
	if errFrom != nil || errTo != nil || from == to {
		return at
	}
	minute := at.Hour()*60 + at.Minute()
	end := func(days int) time.Time {
		return time.Date(at.Year(), at.Month(), at.Day()+days, to/60, to%60, 0, 0, at.Location())
	}
	switch {
	case from < to && minute >= from && minute < to, from > to && minute < to:
		return end(0)
	case from > to && minute >= from:
		return end(1)
	}
	return at
}

// clock reads "22:00" as minutes of the day.
func clock(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err
}

var names = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

var patterns = regexp.MustCompile(`^(|\*|[a-z0-9][a-z0-9._-]*(\.\*)?)$`)

// Validate refuses rules that choose nothing, or that nobody can send by.
func (r Rule) Validate() error {
	switch {
	case !names.MatchString(r.Name):
		return wrong("name", "The name %q must be 1 to 64 of a-z, 0-9, dot, dash and underscore.", r.Name)
	case !patterns.MatchString(r.Tasks):
		return wrong("tasks", "Tasks are a task or those that begin so, such as sis.*; %q is neither.", r.Tasks)
	case len(r.Outcomes) == 0 && !r.Measures():
		return wrong("outcomes", "The rule would never tell anything: choose outcomes, a lateness or a duration.")
	case r.Late < 0:
		return wrong("late_seconds", "Lateness must be 0 or more seconds.")
	case r.Over != 0 && (r.Over < 1.1 || r.Over > 1000):
		return wrong("over", "The duration must be 1.1 to 1000 times the usual one, not %g.", r.Over)
	case r.Hour < 0 || r.Hour > 23:
		return wrong("hour", "The hour of a daily digest must be 0 to 23, not %d.", r.Hour)
	case r.Digest != AtOnce && r.Digest != Hourly && r.Digest != Daily:
		return wrong("digest", "There is no digest %q; there are hourly and daily.", r.Digest)
	}
	for _, w := range r.Outcomes {
		if !slices.Contains(Outcomes, w) {
			return wrong("outcomes", "There is no outcome %q; there are %s.", w, list(Outcomes))
		}
	}
	if err := r.checkTimes(); err != nil {
		return err
	}
	return r.checkChannel()
}

func (r Rule) checkTimes() error {
	if _, err := time.LoadLocation(r.Zone); err != nil || r.Zone == "Local" {
		return wrong("zone", "There is no time zone %q; write one such as Europe/Madrid.", r.Zone)
	}
	if r.Quiet == nil {
		return nil
	}
	for _, text := range []string{r.Quiet.From, r.Quiet.To} {
		if _, err := clock(text); err != nil {
			return wrong("quiet", "Quiet times are like 22:00; %q is not.", text)
		}
	}
	if r.Quiet.From == r.Quiet.To {
		return wrong("quiet", "The quiet time ends when it begins; take it away or change one of them.")
	}
	return nil
}

func (r Rule) checkChannel() error {
	switch r.Channel {
	case ToPerson:
		if r.To == "" {
			return wrong("to", "Name the person who is to be told.")
		}
	case ToEmail:
		if a, err := mail.ParseAddress(r.To); err != nil || a.Address != r.To || strings.ContainsFunc(r.To, unicode.IsControl) {
			return wrong("to", "%q is no e-mail address.", r.To)
		}
	case Webhook, Chat:
		if err := checkURL(r.To); err != nil {
			return err
		}
	default:
		return wrong("channel", "There is no channel %q; there are %s.", r.Channel, list(Channels))
	}
	return r.checkContent()
}

func (r Rule) checkContent() error {
	if r.Channel != Webhook && len(r.Secrets) > 0 {
		return wrong("secrets", "Only webhooks are signed.")
	}
	if r.Channel == Webhook && (len(r.Secrets) < 1 || len(r.Secrets) > 2) {
		return wrong("secrets", "A webhook has one secret, or two while it is changed.")
	}
	for _, s := range r.Secrets {
		if strings.HasPrefix(s, masked) {
			return wrong("secrets", "%s stands for no secret of this rule; write the secret itself.", s)
		}
		if _, err := Key(s); err != nil {
			return wrong("secrets", "A secret is whsec_ and 24 to 64 bytes in base64.")
		}
	}
	if r.Channel != Chat {
		if r.Format != "" || r.Template != "" {
			return wrong("format", "Only chats have a format and a template.")
		}
		return nil
	}
	return r.checkFormat()
}

// Key returns the bytes of a secret that webhooks are signed with.
func Key(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !ok || len(key) < 24 || len(key) > 64 {
		return nil, fault.New(fault.Invalid, "A secret is whsec_ and 24 to 64 bytes in base64.")
	}
	return key, nil
}

func checkURL(text string) error {
	if strings.ContainsAny(text, "…•") {
		return wrong("to", "The address is one as it is shown, without its secret part; write the whole of it.")
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || len(text) > 2000 {
		return wrong("to", "The address must be an http or https URL without a name and a password in it.")
	}
	return nil
}

func wrong(field, format string, args ...any) error {
	return fault.New(fault.Invalid, format, args...).In(field)
}

func list[S ~string](all []S) string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = string(one)
	}
	return strings.Join(texts, ", ")
}
