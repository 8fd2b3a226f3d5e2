package apitest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// An Access is people, tokens and sessions in memory. It keeps the promises of
// api.Access as far as faces can tell.
type Access struct {
	Folk      []auth.Person
	Keys      []auth.Token
	Logins    []auth.Session
	Passwords map[string]string
	Seen      map[string]string // by session: as whom it sees the pages
	made      int
}

// NewAccess returns kim, who administers all, paul, a power user of north with
// a session and a token, and vera, who views and is invited.
func NewAccess() *Access {
	seen := Now.Add(-time.Hour)
	return &Access{
		Folk: []auth.Person{
			{Name: "kim", Title: "Kim Berg", Email: "kim@example.edu", Source: auth.FromHere, Grants: []auth.Grant{{Role: auth.Superadmin}}, Created: Now.AddDate(0, -2, 0), Seen: &seen},
			{Name: "paul", Title: "Paul Ode", Source: auth.FromHere, Grants: []auth.Grant{{Role: auth.PowerUser, Tasks: "roster.*"}}, Created: Now.AddDate(0, -1, 0), Seen: &seen},
			{Name: "vera", Title: "Vera Lund", Source: auth.FromHere, Grants: []auth.Grant{{Role: auth.Viewer}}, Invited: true, Created: Now.AddDate(0, 0, -1)},
		},
		Keys: []auth.Token{
			{ID: "t0", Name: "nightly", Person: "paul", Grants: []auth.Grant{{Role: auth.PowerUser, Tasks: "roster.*"}}, Created: Now.AddDate(0, 0, -7), Expires: Now.AddDate(0, 1, 0), Used: &seen},
		},
		Logins: []auth.Session{
			{ID: "s-kim", Person: "kim", Created: seen, Seen: seen, Expires: Now.AddDate(0, 0, 6), Agent: "Firefox", Address: "10.0.0.7"},
			{ID: "s-paul", Person: "paul", Created: seen, Seen: seen, Expires: Now.AddDate(0, 0, 6), Agent: "Chromium", Address: "10.0.0.8"},
			{ID: "s-old", Person: "paul", Created: seen, Seen: seen, Expires: Now.AddDate(0, 0, 6), Ended: &seen, Agent: "Safari", Address: "10.0.0.8"},
		},
		Passwords: map[string]string{"kim": "correct horse battery", "paul": "staple battery horse"},
		Seen:      map[string]string{},
	}
}

// Who returns a person as they act in their session.
func (a *Access) Who(name string) auth.Who {
	p, err := a.Person(context.Background(), name)
	if err != nil {
		return auth.Who{}
	}
	w := p.Who()
	w.Session = "s-" + name
	return w
}

// People implements api.Access.
func (a *Access) People(context.Context) ([]auth.Person, error) { return slices.Clone(a.Folk), nil }

func (a *Access) place(name string) (int, error) {
	if i := slices.IndexFunc(a.Folk, func(p auth.Person) bool { return p.Name == name }); i >= 0 {
		return i, nil
	}
	return 0, fault.New(fault.NotFound, "There is no person %s.", name)
}

// Person implements api.Access.
func (a *Access) Person(_ context.Context, name string) (auth.Person, error) {
	i, err := a.place(name)
	if err != nil {
		return auth.Person{}, err
	}
	return a.Folk[i], nil
}

// AddPerson implements api.Access.
func (a *Access) AddPerson(_ context.Context, p auth.Person) (string, error) {
	if _, err := a.place(p.Name); err == nil {
		return "", fault.New(fault.Conflict, "There is a person %s already.", p.Name).In("name")
	}
	p.Invited = true
	a.Folk = append(a.Folk, p)
	return a.newLink(), nil
}

func (a *Access) newLink() string {
	a.made++
	return fmt.Sprintf("/setup/secret-%d", a.made)
}

// EditPerson implements api.Access.
func (a *Access) EditPerson(_ context.Context, name string, e auth.PersonEdit) (was, is auth.Person, err error) {
	i, err := a.place(name)
	if err != nil {
		return was, is, err
	}
	was = a.Folk[i]
	a.Folk[i] = e.Apply(was)
	if !slices.ContainsFunc(a.Folk, func(p auth.Person) bool { return !p.Disabled && !p.Invited && p.Who().Everywhere(auth.Administer) }) {
		a.Folk[i] = was
		return was, was, fault.New(fault.Conflict, "%s is the last superadmin who can sign in; make another one first.", name)
	}
	return was, a.Folk[i], nil
}

// Invite implements api.Access.
func (a *Access) Invite(_ context.Context, name string) (string, error) {
	if _, err := a.place(name); err != nil {
		return "", err
	}
	return a.newLink(), nil
}

// ChangePassword implements api.Access.
func (a *Access) ChangePassword(_ context.Context, name, old, password string) error {
	switch {
	case a.Passwords[name] != old:
		return fault.New(fault.Denied, "That is not your password.").In("old")
	case len(password) < 12:
		return fault.New(fault.Invalid, "A password has at least 12 characters.").In("password")
	}
	a.Passwords[name] = password
	return nil
}

// Tokens implements api.Access.
func (a *Access) Tokens(_ context.Context, person string) (all []auth.Token, err error) {
	for _, t := range a.Keys {
		if person == "" || t.Person == person {
			all = append(all, t)
		}
	}
	return all, nil
}

// NewToken implements api.Access.
func (a *Access) NewToken(ctx context.Context, t auth.Token) (auth.Token, string, error) {
	if _, err := a.Person(ctx, t.Person); err != nil {
		return t, "", err
	}
	a.made++
	t.ID, t.Created = fmt.Sprintf("t%d", a.made), Now
	a.Keys = append(a.Keys, t)
	return t, "beadle_" + t.ID + "_s3cret", nil
}

// RevokeToken implements api.Access.
func (a *Access) RevokeToken(_ context.Context, id string) error {
	for i := range a.Keys {
		if a.Keys[i].ID == id {
			a.Keys[i].Revoked = new(Now)
		}
	}
	return nil
}

// Sessions implements api.Access.
func (a *Access) Sessions(_ context.Context, person string) (all []auth.Session, err error) {
	for _, s := range a.Logins {
		if person == "" || s.Person == person {
			all = append(all, s)
		}
	}
	return all, nil
}

// EndSession implements api.Access.
func (a *Access) EndSession(_ context.Context, id string) error {
	for i := range a.Logins {
		if a.Logins[i].ID == id {
			a.Logins[i].Ended = new(Now)
		}
	}
	return nil
}

// SeeAs implements api.Access.
func (a *Access) SeeAs(_ context.Context, session, person string) error {
	a.Seen[session] = person
	return nil
}

// Devices lets devices in on the third question, for paul; one whose machine
// is called "evil" he refuses, and one that is called "slow" he forgets.
type Devices struct {
	Access *Access
	logins []auth.DeviceLogin
	asked  []int
}

// Start implements api.Devices.
func (d *Devices) Start(_ context.Context, machine, address string) (string, auth.DeviceLogin, error) {
	n := len(d.logins)
	login := auth.DeviceLogin{Code: fmt.Sprintf("BCDF-GHJ%c", "KLMNPQRSTVWXZ"[n%13]), Machine: machine, Address: address, Created: Now, Expires: Now.Add(10 * time.Minute), State: auth.DevicePending}
	d.logins, d.asked = append(d.logins, login), append(d.asked, 0)
	return fmt.Sprintf("device-%d", n), login, nil
}

// Poll implements api.Devices.
func (d *Devices) Poll(ctx context.Context, secret string) (a auth.DeviceAnswer, err error) {
	i := slices.IndexFunc(d.logins, func(l auth.DeviceLogin) bool { return secret == fmt.Sprintf("device-%d", slices.Index(d.logins, l)) })
	if i < 0 {
		return a, nil
	}
	d.asked[i]++
	a.State = d.logins[i].State
	switch {
	case d.asked[i] == 2:
		a.TooSoon = true
	case d.asked[i] < 3:
	case strings.HasPrefix(d.logins[i].Machine, "evil"):
		a.State = auth.DeviceDenied
	case strings.HasPrefix(d.logins[i].Machine, "slow"):
		a.State = ""
	default:
		a.State = auth.DeviceCollected
		a.Token, a.Secret, err = d.Access.NewToken(ctx, auth.Token{Name: cmp.Or(d.logins[i].Machine, "jobctl"), Person: "paul", Expires: Now.AddDate(0, 0, 90)})
	}
	return a, err
}

// Door returns h for whoever comes with a token that a made and that is good
// still, as its person, and otherwise for all the others.
func (a *Access) Door(h, otherwise http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secret := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		for _, t := range a.Keys {
			if secret != "beadle_"+t.ID+"_s3cret" || t.Revoked != nil {
				continue
			}
			who := a.Who(t.Person)
			who.Session, who.Token, who.Within = "", t.ID, t.Grants
			As(who, h).ServeHTTP(w, r)
			return
		}
		otherwise.ServeHTTP(w, r)
	})
}
