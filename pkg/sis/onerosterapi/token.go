package onerosterapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A token is what the service lets one in with. One caller at a time fetches
// it; the others wait for that.
type token struct {
	source *Source
	turn   chan struct{} // holds one
	text   string
	until  time.Time // zero: nobody knows
}

// get returns a token that is good, as far as one can know, and is not refused.
func (t *token) get(ctx context.Context, refused string) (string, error) {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-t.turn }()
	if t.text != "" && t.text != refused && (t.until.IsZero() || time.Now().Before(t.until)) {
		return t.text, nil
	}
	return t.text, t.fetch(ctx)
}

// A grant is what a token server answers.
type grant struct {
	Token   string          `json:"access_token"`
	Expires json.RawMessage `json:"expires_in"` // seconds: a number, or a string with one
	Error   string          `json:"error"`
}

func (t *token) fetch(ctx context.Context) (err error) {
	ended := t.source.cfg.Watch.Begin(ctx, "token")
	defer func() { ended(err) }()
	t.text = ""
	c := t.source.cfg
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {t.source.scope}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return configInvalid("The token address of the SIS is not a web address.", nil)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	request.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(c.ClientSecret))
	answer, err := t.source.send(request)
	if err != nil {
		return err
	}
	defer answer.close()
	return t.take(answer)
}

func (t *token) take(a *answer) error {
	text, err := io.ReadAll(io.LimitReader(a.body, maxRow))
	if err != nil {
		return a.unreadable(err)
	}
	var got grant
	broken := json.Unmarshal(text, &got) != nil
	switch {
	case a.StatusCode != http.StatusOK:
		return tokenRefused(a, got.Error)
	case broken || got.Token == "":
		return schema("The token server of the SIS answers without a token.")
	}
	t.text, t.until = got.Token, got.until(time.Now())
	return nil
}

// until returns when a token should be replaced: before it expires, so that it
// does not on its way.
func (g grant) until(now time.Time) time.Time {
	life, err := time.ParseDuration(strings.Trim(string(g.Expires), `" `) + "s")
	if err != nil || life <= 0 {
		return time.Time{}
	}
	return now.Add(life - min(life/10, time.Minute))
}

func tokenRefused(a *answer, code string) error {
	if code == "invalid_scope" {
		return &failure{says: &sis.Error{Code: "SRC_SCOPE", Message: "The SIS does not grant these credentials the right to read the core roster (scope roster-core.readonly)."}}
	}
	if a.StatusCode == http.StatusBadRequest || a.StatusCode == http.StatusUnauthorized || a.StatusCode == http.StatusForbidden {
		return &failure{says: &sis.Error{Code: "SRC_AUTH", Message: "The token server of the SIS refuses the credentials" + quoted(code) + ": check client_id and the secret."}}
	}
	return a.failed("The token server of the SIS", code)
}
