package moodle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

const endpoint = "/webservice/rest/server.php"

// A repetition says whether a call may be made again when its answer got lost.
type repetition bool

const (
	repeatable repetition = true  // the second time changes nothing
	once       repetition = false // the second time may create something twice
)

// call calls a function, and again after a pause while that may help and
// cannot hurt. Its errors are *refusal and *outage.
func (t *Target) call(ctx context.Context, function string, form params, again repetition) (json.RawMessage, error) {
	answer, err := t.try(ctx, function, form)
	for tries, pause := range t.pauses {
		if err == nil || !worthRepeating(err, again, tries) || !wait(ctx, pause) {
			break
		}
		t.log.InfoContext(ctx, "calling moodle again", "function", function, "error", err)
		answer, err = t.try(ctx, function, form)
	}
	return answer, err
}

func worthRepeating(err error, again repetition, tries int) bool {
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refused.collided() && tries < 2
	}
	out, ok := errors.AsType[*outage](err)
	return ok && out.says.Temporary && (bool(again) || !out.lost)
}

// wait reports whether the pause passed before ctx ended.
func wait(ctx context.Context, pause time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}

// try calls a function once.
func (t *Target) try(ctx context.Context, function string, form params) (answer json.RawMessage, err error) {
	ended := t.cfg.Watch.Begin(ctx, function)
	defer func() { ended(plain(err)) }()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	body := params{{"wstoken", t.cfg.Token}, {"wsfunction", function}, {"moodlewsrestformat", "json"}}.encode(form)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.cfg.URL+endpoint, strings.NewReader(body))
	if err != nil {
		return nil, &outage{says: &sis.Error{Code: "CONFIG_INVALID", Message: "The address of Moodle is not a web address."}}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	start := time.Now()
	response, err := t.client.Do(request)
	if err != nil {
		return nil, unanswered(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, unanswered(err)
	}
	t.log.DebugContext(ctx, "called moodle", "function", function, "variables", len(form), "took", time.Since(start))
	return read(function, response, bytes.TrimSpace(text))
}

// maxAnswer bounds an answer: 200 users are about 100 kB.
const maxAnswer = 64 << 20

// read tells an answer from a refusal: the body says it, not the status.
func read(function string, response *http.Response, body []byte) (json.RawMessage, error) {
	if json.Valid(body) && len(body) > 0 {
		var refused refusal
		if err := json.Unmarshal(body, &refused); err == nil && refused.Exception != "" {
			return nil, classify(&refused, function)
		}
		if response.StatusCode == http.StatusOK {
			return body, nil
		}
	}
	return nil, statusError(response, len(body) == 0)
}

// params are the variables of a form, in order.
type params []param

type param struct{ name, text string }

func (p params) encode(more params) string {
	var form strings.Builder
	for _, all := range []params{p, more} {
		for _, v := range all {
			if form.Len() > 0 {
				form.WriteByte('&')
			}
			form.WriteString(v.name + "=" + url.QueryEscape(v.text))
		}
	}
	return form.String()
}

// rows writes a list of structures: list[0][name]=text.
func rows[T any](list string, items []T, fields func(T) params) params {
	var form params
	for i, item := range items {
		for _, f := range fields(item) {
			form = append(form, param{fmt.Sprintf("%s[%d][%s]", list, i, f.name), f.text})
		}
	}
	return form
}

// with adds a text unless it is empty.
func (p params) with(name, text string) params {
	if text == "" {
		return p
	}
	return append(p, param{name, text})
}
