package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// retryAfter is what callers are told where nobody knows better.
const retryAfter = 5 * time.Second

// serve checks what is the same for every route, and answers its error.
func (a *API) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if !admit(w, r, rt.need) {
			return
		}
		err := checkRequest(r, rt.params)
		if err == nil {
			err = rt.handle(w, r)
		}
		if err != nil {
			a.fail(w, r, err)
		}
	})
}

// admit refuses who lacks the right to ask for a route at all.
func admit(w http.ResponseWriter, r *http.Request, need auth.Need) bool {
	who := auth.Of(r.Context())
	err := need.Check(who)
	switch {
	case err == nil:
		return true
	case who.Nobody():
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, err)
	default:
		refuse(w, http.StatusForbidden, err)
	}
	return false
}

// Admit returns next for those who meet a need.
func Admit(need auth.Need, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if admit(w, r, need) {
			next.ServeHTTP(w, r)
		}
	})
}

// checkRequest refuses what no route can make sense of: parameters that the
// route does not have, and text that no database can hold.
func checkRequest(r *http.Request, params []string) error {
	if !storable(r.URL.Path) {
		return fault.New(fault.NotFound, "There is nothing at this path.")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.New(fault.Invalid, "The part of the address after ? cannot be read: %v.", err)
	}
	for name, values := range query {
		if !slices.Contains(params, name) {
			return unknownParameter(name, params)
		}
		for _, v := range values {
			if !storable(v) {
				return fault.New(fault.Invalid, "Parameter %s must be UTF-8 text without NUL characters.", name).In(name)
			}
		}
	}
	return nil
}

func unknownParameter(name string, params []string) error {
	known := "this route takes none"
	if len(params) > 0 {
		known = "this route takes " + strings.Join(params, ", ")
	}
	return fault.New(fault.Invalid, "There is no parameter %q; %s.", name, known).In(name)
}

// storable reports whether a database can hold s as text.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// reply writes the whole of v or nothing.
func reply(w http.ResponseWriter, status int, v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = buf.WriteTo(w) // the caller has gone, and cannot be told
	return nil
}

// fail answers err. Only what is our own fault is logged as an error.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody listens any more
	}
	kind := fault.KindOf(err)
	switch kind {
	case fault.Internal:
		a.Log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "request_id", w.Header().Get(requestID), "err", err)
	case fault.Unavailable:
		a.Log.WarnContext(r.Context(), "request refused for now", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	status := kind.Status()
	if _, is := errors.AsType[outdated](err); is {
		status = http.StatusPreconditionFailed
	}
	refuse(w, status, err)
}

// refuse writes the error object of err.
func refuse(w http.ResponseWriter, status int, err error) {
	if f := asFault(err); f.Kind == fault.Unavailable {
		comeBack(w, f.After)
	}
	_ = reply(w, status, client.ErrorBody{Error: problem(err)}) // strings always encode
}

// problem is what an error object says of err.
func problem(err error) client.Problem {
	return client.Problem{Code: fault.KindOf(err).Code(), Message: fault.Message(err), Field: asFault(err).Field}
}

// comeBack tells when another try may help; zero: nobody knows.
func comeBack(w http.ResponseWriter, after time.Duration) {
	if after <= 0 {
		after = retryAfter
	}
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(after.Round(time.Second)/time.Second))))
}

// everythingElse is the pattern behind all routes.
const everythingElse = "/"

// unknown answers paths and methods that the API does not have.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	if methods := a.methods(r); len(methods) > 0 {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		refuse(w, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "%s does not go here; use %s.", r.Method, strings.Join(methods, " or ")))
		return
	}
	refuse(w, http.StatusNotFound, fault.New(fault.NotFound, "There is nothing at this path; /api/v1/openapi.yaml lists what there is."))
}

// methods returns the methods that r's path has instead of r's own.
func (a *API) methods(r *http.Request) (methods []string) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != everythingElse {
			methods = append(methods, method)
		}
	}
	return methods
}
