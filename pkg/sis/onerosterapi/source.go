package onerosterapi

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Config says where a service is and how it lets one in.
type Config struct {
	URL     string // the service's address: what stands before the path that its version prescribes
	Version string // 1.1 or 1.2; empty: 1.2

	TokenURL     string // where tokens are given, by OAuth 2 client credentials
	ClientID     string
	ClientSecret string

	Overlap  time.Duration     // how long a change may stay unseen; 0: 30 min
	PageSize int               // rows to ask for at once; 0: 1000
	HTTP     http.RoundTripper // nil: http.DefaultTransport
	Log      *slog.Logger      // nil: none
	Watch    sis.Watch         // is told of each request for a collection, by its name, and for a "token"; nil: nobody is
}

// DefaultOverlap is how long a change may stay unseen, unless the
// configuration says otherwise.
const DefaultOverlap = 30 * time.Minute

// A version of OneRoster.
type version struct{ path, scope string }

var versions = map[string]version{
	"1.1": {"/ims/oneroster/v1p1", "https://purl.imsglobal.org/spec/or/v1p1/scope/roster-core.readonly"},
	"1.2": {"/ims/oneroster/rostering/v1p2", "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly"},
}

// A Source is a OneRoster service. It is safe for concurrent use; pulls share
// one token.
type Source struct {
	cfg    Config
	base   string // the address of collections, without a slash
	scope  string
	client *http.Client
	log    *slog.Logger
	token  *token

	patience time.Duration // until the next bytes of an answer
	sleep    func(context.Context, time.Duration) error
}

var _ sis.Source = (*Source)(nil)

// New returns the source that c describes. It does not speak to it yet. It
// panics if there is no such version.
func New(c Config) *Source {
	v, ok := versions[cmp.Or(c.Version, "1.2")]
	if !ok {
		panic("onerosterapi: version " + c.Version + " is neither 1.1 nor 1.2")
	}
	c.Overlap, c.PageSize = cmp.Or(c.Overlap, DefaultOverlap), cmp.Or(c.PageSize, 1000)
	s := &Source{
		cfg: c, base: baseOf(c.URL, v), scope: v.scope, log: cmp.Or(c.Log, slog.New(slog.DiscardHandler)),
		client:   &http.Client{Transport: c.HTTP, CheckRedirect: stay},
		patience: time.Minute, sleep: sleep,
	}
	s.token = &token{source: s, turn: make(chan struct{}, 1)}
	return s
}

// baseOf adds the version's path, unless the address has it already.
func baseOf(address string, v version) string {
	return strings.TrimSuffix(strings.TrimRight(address, "/"), v.path) + v.path
}

// Snapshot implements [sis.Source]. A service cannot be frozen: the id is the
// moment, and each pull reads what there is then.
func (s *Source) Snapshot(ctx context.Context) (string, error) {
	return time.Now().UTC().Format(time.RFC3339), ctx.Err()
}

// Pull implements [sis.Source]. A row that changes while it is read is sent
// again, with a higher version. Two rows with one id and one version that say
// different things are both sent: whoever receives them cannot know which is
// right either.
func (s *Source) Pull(ctx context.Context, r sis.Request, emit func(sis.Record) error) (sis.Result, error) {
	p := &pull{source: s, ctx: ctx, emit: emit, seen: newSightings()}
	if err := p.begin(r); err != nil {
		return sis.Result{}, err
	}
	if err := p.stream(r.Stream); err != nil {
		p.result.Complete = false
		return p.result, err
	}
	return p.conclude()
}

// stay follows redirects to the same host only.
func stay(next *http.Request, via []*http.Request) error {
	from := via[0].URL
	if next.URL.Host != from.Host || next.URL.Scheme != from.Scheme || len(via) > 5 {
		return http.ErrUseLastResponse
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func unknownStream(stream sis.Stream) error {
	return fmt.Errorf("pull %q: OneRoster has no such stream", stream)
}
