package cli

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/campus/anthologysim"
	"github.com/beadle-jobs/beadle/internal/campus/sisrest"
	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// serveOptions say which university is served, how, and what goes wrong.
type serveOptions struct {
	generateOptions
	as     string
	listen string
	day    time.Duration
	faults sisrest.Faults
}

// What a simulated student information system can speak, and the token of the
// one that takes one.
const (
	asOneRoster = "oneroster"
	asAnthology = "anthology"
	serveToken  = "demo"
)

func campusServeCmd(env *Env) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve an invented university, to rehearse a sync with",
		Long: `Serve is the student information system of an invented university until it is
stopped. With --day its calendar moves on.

As oneroster it speaks OneRoster REST 1.1 and 1.2, gives tokens to the client id
"` + sisrest.ClientID + `" with the secret "` + sisrest.ClientSecret + `", and never says what has ended: that is
simply not there any more. As anthology it is an inbox of messages that are kept
until they are acknowledged, takes the token "` + serveToken + `", and accepts attendance.

See jobctl campus generate for sizes, seeds and days. The other flags make it
as careless as some real services are.`,
		Example: `  jobctl campus serve --size small --at -10 --day 30s
  jobctl campus serve --size tiny --page 20 --busy-every 7 --skew 2h
  jobctl campus serve --as anthology --at 5 --day 30s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serveCampus(cmd.Context(), env, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.as, "as", asOneRoster, "what it speaks: oneroster (REST) or anthology (messages to get and to acknowledge)")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8082", "where to serve")
	flags.StringVar(&o.size, "size", "tiny", "tiny, small, medium, large or xl")
	flags.Uint64Var(&o.seed, "seed", 1, "which university")
	flags.IntVar(&o.at, "at", 0, "the day that it begins with")
	flags.DurationVar(&o.day, "day", 0, "how long a day takes (default: it stays the same day)")
	flags.IntVar(&o.faults.Pages, "page", 0, "rows in an answer at most, whatever is asked for (default 500)")
	flags.IntVar(&o.faults.BusyEvery, "busy-every", 0, "every so many answers it is too busy (default: never)")
	flags.IntVar(&o.faults.CutEvery, "cut-every", 0, "every so many answers one ends in the middle (default: never)")
	flags.IntVar(&o.faults.TokenLife, "token-life", 0, "answers after which a token is no longer good; of oneroster (default: it always is)")
	flags.DurationVar(&o.faults.Skew, "skew", 0, "how far its clock is ahead; of oneroster")
	return cmd
}

// A campusService is a student information system that hears what a day has
// brought.
type campusService interface {
	http.Handler
	show(campus university.Campus)
}

// service returns what is asked for, of which nothing is known yet.
func (o serveOptions) service() (campusService, error) {
	switch o.as {
	case asOneRoster:
		return restService{sisrest.New(oneroster.Bundle{}, o.faults)}, nil
	case asAnthology:
		if o.faults.TokenLife != 0 || o.faults.Skew != 0 {
			return nil, fault.New(fault.Invalid, "--token-life and --skew are of --as oneroster: an inbox tells no time, and its token does not expire").In("as")
		}
		return &inboxService{Server: anthologysim.New(anthologysim.Options{
			Token: serveToken, Page: o.faults.Pages, BusyEvery: o.faults.BusyEvery, CutEvery: o.faults.CutEvery,
		})}, nil
	}
	return nil, fault.New(fault.Invalid, "--as %s: it must be oneroster or anthology", o.as).In("as")
}

type restService struct{ *sisrest.Server }

func (s restService) show(c university.Campus) {
	s.Replace(university.Changes(university.Campus{}, c).Bundle())
}

type inboxService struct {
	*anthologysim.Server
	before university.Campus
}

func (s *inboxService) show(c university.Campus) {
	s.Tell(s.before, c)
	s.before = c
}

func serveCampus(ctx context.Context, env *Env, o serveOptions) error {
	size, err := university.SizeOf(o.size)
	if err != nil {
		return fault.New(fault.Invalid, "%v", err).In("size")
	}
	service, err := o.service()
	if err != nil {
		return err
	}
	u := university.New(university.Options{Seed: o.seed, Size: size})
	state := u.After(u.Timeline(), 0)
	state.AdvanceTo(o.at)
	service.show(state.Campus())
	return env.simulate(ctx, o.listen, service, func(addr net.Addr) string {
		if o.day > 0 {
			go passDays(ctx, env, o, state, service)
		}
		return fmt.Sprintf("%s is at http://%s on day %d", university.School, addr, o.at)
	})
}

// passDays moves the calendar on until ctx is done.
func passDays(ctx context.Context, env *Env, o serveOptions, state *university.State, service campusService) {
	tick := time.NewTicker(o.day)
	defer tick.Stop()
	for day := o.at + 1; ; day++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			state.AdvanceTo(day)
			service.show(state.Campus())
			fmt.Fprintf(env.Out, "day %d: %d events so far\n", day, state.Events())
		}
	}
}
