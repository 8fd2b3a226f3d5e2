package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// An envelope is the body of a webhook.
type envelope struct {
	Type      string    `json:"type"` // "job.failed", "slot.missed"; "notices" for many
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"`
}

// linked are facts with the address of their page.
type linked struct {
	notice.Facts
	Link string `json:"link,omitempty"`
}

// gathered is the data of many.
type gathered struct {
	Subject string   `json:"subject"`
	Notices []linked `json:"notices"`
	More    int      `json:"more"`
}

func (s *Sender) envelope(d notice.Delivery) envelope {
	all := make([]linked, len(d.Facts))
	for i, f := range d.Facts {
		all[i] = linked{f, s.link(f.Path)}
	}
	if len(all) != 1 || d.More > 0 {
		return envelope{"notices", d.Created, gathered{d.Subject, all, d.More}}
	}
	return envelope{kindOf(d.Facts[0]), d.Created, all[0]}
}

func kindOf(f notice.Facts) string {
	switch {
	case f.What == notice.Test:
		return "test"
	case f.Job != "":
		return "job." + string(f.What)
	case f.Schedule != "":
		return "slot." + string(f.What)
	}
	return "recovery." + string(f.What)
}

// webhook posts d with the headers of Standard Webhooks: an id that stays the
// same however often it is tried, the time, and a signature for each secret.
func (s *Sender) webhook(ctx context.Context, r notice.Rule, d notice.Delivery) (string, error) {
	body, err := json.Marshal(s.envelope(d))
	if err != nil {
		return "", err
	}
	headers := http.Header{}
	at := strconv.FormatInt(s.Now().Unix(), 10)
	signature, err := sign(r.Secrets, d.ID, at, body)
	if err != nil {
		return "", tasks.Permanent(err)
	}
	headers.Set("webhook-id", d.ID)
	headers.Set("webhook-timestamp", at)
	headers.Set("webhook-signature", signature)
	return s.post(ctx, r.To, headers, body)
}

// sign returns one signature for each secret.
func sign(secrets []string, id, at string, body []byte) (string, error) {
	var all []string
	for _, secret := range secrets {
		key, err := notice.Key(secret)
		if err != nil {
			return "", err
		}
		mac := hmac.New(sha256.New, key)
		_, _ = io.WriteString(mac, id+"."+at+".") // a hash takes everything
		_, _ = mac.Write(body)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(all, " "), nil
}

// chat posts d as the chat takes it.
func (s *Sender) chat(ctx context.Context, r notice.Rule, d notice.Delivery) (string, error) {
	m := notice.Message{Subject: notice.OneLine(d.Subject, 250), Text: s.text(d), Facts: d.Facts, More: d.More, Link: s.link("/notices")}
	if len(d.Facts) == 1 {
		m.Link = s.link(d.Facts[0].Path)
	}
	body, err := r.Body(m)
	if err != nil {
		return "", tasks.Permanent(err)
	}
	return s.post(ctx, r.To, http.Header{}, body)
}

// mostAnswer bounds what is read of an answer.
const mostAnswer = 64 << 10

// post sends a body and returns what was answered.
func (s *Sender) post(ctx context.Context, url string, headers http.Header, body []byte) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", tasks.Permanent(fault.New(fault.Invalid, "The address cannot be used."))
	}
	request.Header = headers
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Beadle")
	response, err := s.HTTP.Do(request)
	if err != nil {
		return "", unreached(err, request.URL.Host)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, mostAnswer)) // the status says enough
	answer := response.Status
	if line := notice.OneLine(string(text), 200); line != "" {
		answer += ": " + line
	}
	return answer, verdict(response, answer)
}

// unreached says why nobody answered, without the address, part of which may be
// a secret.
func unreached(err error, host string) error {
	if no, ok := errors.AsType[refusal](err); ok {
		return tasks.Permanent(fault.New(fault.Denied, "%s is not called: %s.", host, no.Error()))
	}
	cause := err
	for next := errors.Unwrap(cause); next != nil; next = errors.Unwrap(next) {
		cause = next
	}
	return fault.New(fault.Unavailable, "%s does not answer: %s.", host, notice.OneLine(cause.Error(), 200))
}

// verdict tells success, what is worth another attempt, and what is not.
func verdict(r *http.Response, answer string) error {
	err := fault.New(fault.Unavailable, "It answered %s", answer)
	switch {
	case r.StatusCode/100 == 2:
		return nil
	case r.StatusCode == http.StatusTooManyRequests, r.StatusCode == http.StatusServiceUnavailable:
		if seconds, bad := strconv.Atoi(r.Header.Get("Retry-After")); bad == nil && seconds > 0 {
			return tasks.RetryAfter(min(time.Duration(seconds)*time.Second, longestWait), err)
		}
		return err
	case r.StatusCode/100 == 5, r.StatusCode == http.StatusRequestTimeout, r.StatusCode == http.StatusTooEarly:
		return err
	case r.StatusCode/100 == 3:
		return tasks.Permanent(fault.New(fault.Denied, "It leads elsewhere (%s), and nobody is followed: set the address that it leads to.", r.Status))
	}
	return tasks.Permanent(err)
}

// longestWait is how much patience a recipient may ask for.
const longestWait = time.Hour
