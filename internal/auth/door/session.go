package door

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// wrong is what every wrong login is told, so that nobody learns which names
// there are. Why it is, only the audit hears.
func wrong(why reason) error {
	return fault.New(fault.Denied, "That name and password do not go together.").Because(why)
}

// errAgain sends somebody to the login page.
var errAgain = fault.New(fault.Denied, "You are not signed in, or were away for too long. Sign in again.")

// LogIn begins a session of a person with a password. It returns what goes into
// the cookie.
func (d *Door) LogIn(ctx context.Context, name, password, agent, address string) (cookie string, s auth.Session, err error) {
	cookie, s, err = d.logIn(ctx, strings.ToLower(strings.TrimSpace(name)), password, agent, address)
	d.tell(ctx, auth.Refusal{Way: auth.ByPassword, Name: name, Address: address}, err)
	return cookie, s, err
}

func (d *Door) logIn(ctx context.Context, name, password, agent, address string) (cookie string, s auth.Session, err error) {
	switch {
	case !d.Passwords:
		return "", s, wrong("nobody has a password here.")
	case len(password) > longest || len(name) > 64:
		return "", s, wrong("the name or the password is longer than any is.")
	}
	if err := d.mayTry(ctx, name, address); err != nil {
		return "", s, err
	}
	p, err := d.checkPassword(ctx, name, password)
	if err == nil || fault.KindOf(err) != fault.Denied {
		d.forgive(address)
	}
	if err != nil {
		return "", s, err
	}
	d.try(ctx, "forget wrong logins", d.Store.Forgive(ctx, name))
	return d.begin(ctx, p.Name, "", agent, address)
}

func (d *Door) mayTry(ctx context.Context, name, address string) error {
	if err := d.takeTryFrom(address); err != nil {
		return err
	}
	return d.takeTry(ctx, name)
}

// checkPassword returns the person that name and password belong to. It takes
// as long for names that nobody has.
func (d *Door) checkPassword(ctx context.Context, name, password string) (auth.Person, error) {
	p, err := d.Store.Person(ctx, name)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return p, err
	}
	hash := ""
	if err == nil && p.Source == auth.FromHere {
		if hash, err = d.Store.Password(ctx, name); err != nil {
			return p, err
		}
	}
	right, err := d.hasher.check(ctx, hash, password)
	if err != nil {
		return p, err
	}
	switch {
	case p.Name == "":
		return p, wrong("there is nobody of that name.")
	case p.Source != auth.FromHere:
		return p, wrong("the person logs in at the provider.")
	case !right:
		return p, wrong("the password is wrong.")
	case p.Disabled:
		return p, wrong("the person is disabled.")
	}
	d.upgrade(ctx, name, hash, password)
	return p, nil
}

// upgrade makes a hash of another cost anew.
func (d *Door) upgrade(ctx context.Context, name, hash, password string) {
	if !old(hash) {
		return
	}
	anew, err := d.hasher.hash(ctx, password)
	if err == nil {
		_, err = d.Store.SetPassword(ctx, name, hash, anew)
	}
	d.try(ctx, "upgrade the hash of a password", err)
}

// LogInWithToken begins a session of whoever has the token of the installation.
func (d *Door) LogInWithToken(ctx context.Context, token, agent, address string) (cookie string, s auth.Session, err error) {
	cookie, s, err = d.logInWithToken(ctx, token, agent, address)
	d.tell(ctx, auth.Refusal{Way: auth.ByToken, Address: address}, err)
	return cookie, s, err
}

func (d *Door) logInWithToken(ctx context.Context, token, agent, address string) (cookie string, s auth.Session, err error) {
	if err := d.takeTryFrom(address); err != nil {
		return "", s, err
	}
	if !d.isInstallation(token) {
		return "", s, fault.New(fault.Denied, "That is not the token. Copy it whole, without quotes.").In("token")
	}
	d.forgive(address)
	return d.begin(ctx, auth.Installation.Name, d.Token, agent, address)
}

func (d *Door) isInstallation(token string) bool {
	return d.Token != "" && subtle.ConstantTimeCompare([]byte(hashOf(token)), []byte(hashOf(d.Token))) == 1
}

// begin begins a session. Its id depends on the token that it was begun with:
// a session of another token is none.
func (d *Door) begin(ctx context.Context, person, token, agent, address string) (cookie string, s auth.Session, err error) {
	now := d.Now()
	d.try(ctx, "forget old logins", d.Store.ForgetOldLogins(ctx, now))
	cookie = newSecret()
	if token != "" {
		cookie = ofToken + cookie
	}
	s = auth.Session{
		ID: d.sessionID(cookie), Person: person, Created: now, Seen: now, Expires: now.Add(d.Longest), Agent: head(agent, 200), Address: host(address),
	}
	if err := d.Store.AddSession(ctx, s); err != nil {
		return "", s, err
	}
	d.Log.InfoContext(ctx, "logged in", "person", person, "remote", s.Address)
	if token == "" {
		d.try(ctx, "keep a login", d.Store.SeePerson(ctx, person, now))
	}
	return cookie, s, nil
}

// ofToken begins cookies of sessions that the token of the installation began.
const ofToken = "t."

func (d *Door) sessionID(cookie string) string {
	if strings.HasPrefix(cookie, ofToken) {
		return hashOf(cookie + hashOf(d.Token))
	}
	return hashOf(cookie)
}

func head(text string, n int) string { return strings.ToValidUTF8(text[:min(n, len(text))], "") }

// LogOut ends the session of a cookie.
func (d *Door) LogOut(ctx context.Context, cookie string) error {
	return d.EndSession(ctx, d.sessionID(cookie))
}

// EndSession ends a session.
func (d *Door) EndSession(ctx context.Context, id string) error {
	d.memory.forget(id)
	return d.Store.EndSession(ctx, id, d.Now())
}

// Sessions returns those of a person, or of everybody, ended ones too.
func (d *Door) Sessions(ctx context.Context, person string) ([]auth.Session, error) {
	return d.Store.Sessions(ctx, person)
}

// WhoOfSession returns whose session a cookie holds. believe allows an answer
// from memory while the store is away. An identity that was good once is
// refused with an [auth.Ended] behind the sentence.
func (d *Door) WhoOfSession(ctx context.Context, cookie string, believe bool) (auth.Who, error) {
	id := d.sessionID(cookie)
	return d.remembering(id, believe, func() (auth.Who, error) { return d.whoOfSession(ctx, id) })
}

// remembering asks the store, and the memory if the store is away.
func (d *Door) remembering(hash string, believe bool, ask func() (auth.Who, error)) (auth.Who, error) {
	w, err := ask()
	switch {
	case err == nil:
		d.memory.keep(hash, w, d.Now())
	case fault.KindOf(err) != fault.Denied:
		if w, ok := d.memory.recall(hash, d.Now()); ok && believe {
			return w, nil
		}
	default:
		d.memory.forget(hash)
	}
	return w, err
}

func (d *Door) whoOfSession(ctx context.Context, id string) (w auth.Who, err error) {
	s, err := d.Store.Session(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return w, errAgain
	}
	if err != nil {
		return w, err
	}
	now := d.Now()
	switch {
	case s.Ended != nil:
		return w, refused(s.Person, "the session was ended", errAgain.Msg)
	case !now.Before(s.Expires) || now.Sub(s.Seen) >= d.Idle:
		return w, errAgain
	}
	if w, err = d.owner(ctx, s.Person, s.Person == auth.Installation.Name); err != nil {
		return auth.Who{}, err
	}
	if now.Sub(s.Seen) >= time.Minute {
		d.try(ctx, "keep the use of a session", d.Store.SeeSession(ctx, id, now))
	}
	w, err = d.preview(ctx, w, s.As)
	w.Session = id
	return w, err
}

// owner returns a person as the sender of a request.
func (d *Door) owner(ctx context.Context, name string, installation bool) (auth.Who, error) {
	if installation {
		return auth.Installation, nil
	}
	p, err := d.Store.Person(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		return auth.Who{}, errAgain
	}
	if err == nil && p.Disabled {
		return auth.Who{}, refused(name, "the person is disabled", "This account is disabled. Ask a superadmin.")
	}
	return p.Who(), err
}

// refused says one thing to who asks, and the whole to the audit.
func refused(whose, why, sentence string) error {
	return fault.New(fault.Denied, "%s", sentence).Because(&auth.Ended{Whose: whose, Why: why})
}

// preview returns w as the person whose view it has, if it still may.
func (d *Door) preview(ctx context.Context, w auth.Who, as string) (auth.Who, error) {
	if as == "" || !w.Everywhere(auth.Administer) {
		return w, nil
	}
	p, err := d.Store.Person(ctx, as)
	if fault.KindOf(err) == fault.NotFound {
		return w, nil
	}
	seen := p.Who()
	seen.By = w.Name
	return seen, err
}

// SeeAs lets the session of a superadmin see the pages as a person does; "":
// as the superadmin again.
func (d *Door) SeeAs(ctx context.Context, session, person string) error {
	s, err := d.Store.Session(ctx, session)
	if err != nil {
		return err
	}
	if person == "" {
		return d.Store.SetSessionAs(ctx, session, "")
	}
	w, err := d.owner(ctx, s.Person, s.Person == auth.Installation.Name)
	if err != nil {
		return err
	}
	if !w.Everywhere(auth.Administer) {
		return fault.New(fault.Denied, "Only a superadmin may see the pages as somebody else.")
	}
	if _, err := d.Store.Person(ctx, person); err != nil {
		return err
	}
	return d.Store.SetSessionAs(ctx, session, person)
}
