package moodlesim

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
)

// ServeHTTP implements [http.Handler].
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.pages.ServeHTTP(w, r) }

func (s *Site) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showPage)
	mux.HandleFunc("GET /simulator/state.json", s.showState)
	mux.HandleFunc("/webservice/rest/server.php", s.serveREST)
	mux.HandleFunc("/webservice/rest/simpleserver.php", s.serveSimple)
	mux.HandleFunc("/login/token.php", s.serveToken)
	return mux
}

// maxBody is post_max_size of the recorded Moodle's PHP.
const maxBody = 64 << 20

func (s *Site) serveREST(w http.ResponseWriter, r *http.Request) {
	vars, err := s.variables(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	format := vars.take("moodlewsrestformat")
	outcome := s.call(vars)
	sleep(r.Context(), outcome.delay)
	switch {
	case outcome.cut:
		panic(http.ErrAbortHandler)
	case outcome.page != nil:
		outcome.page(w)
	default:
		answer(w, format, outcome.result, s.shown(outcome.refusal))
	}
}

// shown is a refusal as the site shows it.
func (s *Site) shown(refusal *exception) *exception {
	if refusal == nil || s.options.Debugging {
		return refusal
	}
	return refusal.because("")
}

// sleep waits, but not for a client that has gone: its work is done all the same.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// variables reads what came in the address and in the body, as PHP does.
func (s *Site) variables(r *http.Request) (*array, error) {
	vars := newArray()
	vars.parseForm(r.URL.RawQuery, s.options.MaxInputVars)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" {
		return vars, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	vars.parseForm(string(body), s.options.MaxInputVars)
	return vars, nil
}

// An outcome is what becomes of one call.
type outcome struct {
	result  any
	refusal *exception
	page    func(http.ResponseWriter) // instead of an answer in the format asked for
	delay   time.Duration
	cut     bool // the connection, before anything is answered
}

// call does one call, alone.
func (s *Site) call(vars *array) outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, name := vars.take("wstoken"), vars.take("wsfunction")
	out := outcome{delay: s.faults.Latency}
	if page := s.mode.page(s.options.Name); page != nil {
		out.page = page
		return out
	}
	f, refusal := s.admit(token, name)
	if refusal != nil {
		out.refusal = refusal
		return out
	}
	s.calls[name]++
	s.trip(f.writes, &out)
	if out.page == nil && out.refusal == nil {
		out.result, out.refusal = s.run(f, vars)
	}
	return out
}

// admit finds the function, if the site is in a mood to let it be called.
func (s *Site) admit(token, name string) (function, *exception) {
	if refusal := s.mode.refusal(); refusal != nil {
		s.mode = s.mode.next()
		return function{}, refusal
	}
	if token != s.options.Token {
		return function{}, errToken
	}
	f, ok := s.functions[name]
	switch {
	case ok:
		return f, nil
	case name == "":
		return function{}, errParameter.because("Missing function name")
	case elsewhere[name]:
		return function{}, errAccess.because(notAllowed(name))
	default:
		return function{}, noRecord("external_functions").because(sql("SELECT * FROM {external_functions} WHERE name = ?", name))
	}
}

func (s *Site) run(f function, args *array) (any, *exception) {
	if complaint := f.takes.complaint(value{array: args}); complaint != "" {
		return nil, errParameter.because(complaint)
	}
	if f.writes && s.mode == MissingCapability {
		return nil, errCapability
	}
	result, err := f.run(s, args)
	refusal, _ := errors.AsType[*exception](err)
	return result, refusal
}
