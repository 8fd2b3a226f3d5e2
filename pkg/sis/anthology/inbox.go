package anthology

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Config says where the inbox is and how it speaks.
type Config struct {
	URL string // what the paths of the operations stand below

	Token          string // sent as Authorization: Bearer; empty: User and Password
	User, Password string // HTTP basic authentication

	// Parameters go with every get: LmsVendorId, CampusId and the like.
	Parameters map[string]string

	Paths  map[string]string // by the names of Operations
	Fields map[string]string // by the names of Fields: what the SIS calls them

	// CourseStatus says of further statuses whether they are "active" or
	// "ended". The documented ones are known.
	CourseStatus map[string]string

	Batch   int           // messages in one answer or acknowledgement; 0: 500
	Timeout time.Duration // of one call; 0: a minute
	Log     *slog.Logger  // nil: none
	Watch   sis.Watch     // is told of each call, by its operation; nil: nobody is
}

// Inbox is a [sis.Source] of the messages that the SIS keeps for us. It may be
// used by several goroutines at once.
type Inbox struct {
	cfg    Config
	names  names
	client *http.Client
	pauses []time.Duration // before each further try
	log    *slog.Logger
}

var (
	_ sis.Source       = (*Inbox)(nil)
	_ sis.Acknowledger = (*Inbox)(nil)
)

// New returns an inbox. Its error says which setting is wrong; nothing is
// called yet.
func New(c Config) (*Inbox, error) {
	n, err := namesOf(c)
	if err != nil {
		return nil, err
	}
	c.URL = strings.TrimRight(c.URL, "/")
	c.Batch = cmp.Or(c.Batch, 500)
	client := &http.Client{Timeout: cmp.Or(c.Timeout, time.Minute)}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Inbox{cfg: c, names: n, client: client, pauses: []time.Duration{time.Second, 5 * time.Second}, log: log}, nil
}

// Snapshot implements [sis.Source]. A queue cannot be frozen: the id is the
// moment.
func (in *Inbox) Snapshot(ctx context.Context) (string, error) {
	return time.Now().UTC().Format(time.RFC3339Nano), ctx.Err()
}

// Pull implements [sis.Source]: all messages that have not been acknowledged.
func (in *Inbox) Pull(ctx context.Context, r sis.Request, emit func(sis.Record) error) (sis.Result, error) {
	p := &pull{inbox: in, emit: emit, taught: map[sis.Registration]bool{}}
	var err error
	switch r.Stream {
	case sis.Terms:
		err = p.each(ctx, r.Stream, nil, p.one(term))
	case sis.Persons:
		err = p.each(ctx, r.Stream, nil, p.one(person))
	case sis.Sections:
		err = p.each(ctx, r.Stream, r.Terms, p.one(section))
	case sis.Registrations:
		err = p.registrations(ctx, r.Terms)
	default:
		err = invalid("The inbox has no stream %q.", r.Stream)
	}
	return p.result, err
}
