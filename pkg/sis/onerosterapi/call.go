package onerosterapi

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// How patient a pull is with a service that asks for it.
const (
	tries     = 5                // of one request
	pause     = time.Second      // before the second; each is twice the one before
	maxPause  = 2 * time.Minute  // a service that wants more is given up for now
	maxWaited = 10 * time.Minute // in one pull
)

// get asks for a collection and lets read have the answer, again after a pause
// while that may help.
func (p *pull) get(path string, query url.Values, read func(*answer) error) error {
	address := p.source.base + path + "?" + query.Encode()
	for try := 0; ; try++ {
		ended := p.source.cfg.Watch.Begin(p.ctx, strings.TrimPrefix(path, "/"))
		err := p.once(address, read)
		ended(p.ofService(err))
		f, ok := errors.AsType[*failure](err)
		if !ok || !f.again || try+1 == tries {
			return err
		}
		wait := max(f.after, backoff(try))
		if wait > maxPause || p.waited+wait > maxWaited {
			return err
		}
		p.source.log.InfoContext(p.ctx, "asking the sis again", "path", path, "after", wait, "error", err)
		p.waited += wait
		if err := p.source.sleep(p.ctx, wait); err != nil {
			return err
		}
	}
}

// ofService returns an error if it is the service's, or ours because we stop: what
// ends a reader is neither.
func (p *pull) ofService(err error) error {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.says
	}
	return p.ctx.Err()
}

func backoff(try int) time.Duration {
	d := pause << try
	return d + rand.N(d/4)
}

// once asks once, and once more with a new token if the service does not take
// the old one.
func (p *pull) once(address string, read func(*answer) error) error {
	used := ""
	for {
		token, err := p.source.token.get(p.ctx, used)
		if err != nil {
			return err
		}
		a, err := p.ask(address, token)
		if err != nil {
			return err
		}
		if a.StatusCode == http.StatusUnauthorized && used == "" {
			a.close()
			used = token
			continue
		}
		defer a.close()
		p.clock.note(a.Header.Get("Date"), a.sent)
		if a.StatusCode != http.StatusOK {
			return a.refused()
		}
		return read(a)
	}
}

func (p *pull) ask(address, token string) (*answer, error) {
	request, err := http.NewRequestWithContext(p.ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, configInvalid("The address of the SIS is not a web address.", nil)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	return p.source.send(request)
}
