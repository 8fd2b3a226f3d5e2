package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/auth/device"
	"github.com/beadle-jobs/beadle/internal/auth/door"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/web"
)

// newDoor returns the door of this installation. It is there also where nobody
// is asked who they are, so that people can be prepared.
func (o Options) newDoor(refusals *api.Refusals) (*door.Door, error) {
	provider, err := providerOf(o.Settings)
	if err != nil {
		return nil, err
	}
	a := o.Settings.Access
	return door.New(door.Options{
		Store: o.Ledger, Passwords: a.People, Token: o.Token, Provider: provider, Log: o.Log, Now: time.Now,
		Refused: refusals, Idle: cmp.Or(a.SessionIdle, 8*time.Hour), Longest: cmp.Or(a.SessionMax, 7*24*time.Hour),
	}), nil
}

// providerOf returns the provider of the settings, or nil.
func providerOf(c config.Config) (*door.Provider, error) {
	o := c.Access.OIDC
	if o.Issuer == "" {
		return nil, nil
	}
	secret, err := o.ClientSecret()
	if err != nil {
		return nil, err
	}
	p := &door.Provider{
		Name: o.Name, Issuer: o.Issuer, ClientID: o.ClientID, Secret: secret, Claim: o.GroupsClaim,
		Callback: strings.TrimSuffix(c.PublicURL, "/") + "/login/oidc/callback",
	}
	for _, r := range o.Roles {
		p.Roles = append(p.Roles, door.GroupRole{Group: r.Group, Grant: r.Grant()})
	}
	return p, nil
}

// asks reports whether people have to say who they are.
func (o Options) asks() bool { return o.Token != "" || o.Settings.Access.Asks() }

// guard says who is let in.
func (s *scheduler) guard() api.GuardOptions {
	o := api.GuardOptions{Hosts: s.Settings.Hosts, Proxies: s.Settings.Trusted(), Log: s.Log}
	if s.asks() {
		o.Door = s.door
	}
	return o
}

// moot reports whether a request comes with a one-time link, or to end a session,
// that is not known: nothing comes of it.
func (s *scheduler) moot(r *http.Request) bool {
	if r.URL.Path == "/logout" {
		_, err := s.door.WhoOfSession(r.Context(), auth.SessionOf(r), true)
		return err != nil && fault.KindOf(err) == fault.Denied
	}
	secret, ok := strings.CutPrefix(r.URL.Path, "/setup/")
	return ok && !s.door.LinkIsGood(r.Context(), secret)
}

// doorOfPages is the door that the pages show, where there is one to go through.
func (s *scheduler) doorOfPages() web.Door {
	if !s.asks() {
		return nil
	}
	return s.door
}

// entrances gives the faces what they show of access, where people have to say
// who they are. Elsewhere there are no people, tokens and logins of programs.
func (s *scheduler) entrances(of *api.Config) *device.Logins {
	if !s.asks() {
		return nil
	}
	logins := device.New(s.Ledger, s.door, time.Now)
	of.Access, of.Devices = s.door, logins
	return logins
}

// inviteFirst tells the link with which the first superadmin sets a password,
// while there is nobody. It is told where the process was started and not in the
// log, which goes to many places, unless there is nothing else.
func (s *scheduler) inviteFirst(ctx context.Context) error {
	link, err := s.door.First(ctx)
	if err != nil || link == "" {
		return err
	}
	link = strings.TrimSuffix(cmp.Or(s.Settings.PublicURL, "http://"+s.Listener.Addr().String()), "/") + link
	if s.Out == nil {
		s.Log.WarnContext(ctx, "nobody can log in yet: the first superadmin sets a password at this link, once and within a day", "link", link)
		return nil
	}
	s.Log.WarnContext(ctx, "nobody can log in yet: the output of this process has a link for the first superadmin")
	fmt.Fprintf(s.Out, "Nobody can log in yet. The first superadmin sets a password here, once and within a day:\n  %s\n", link)
	return nil
}
