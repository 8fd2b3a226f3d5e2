package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// An ETag says which state of a thing an answer shows: its revision, or a print
// of its content where it has none. Sent back as If-Match it keeps a change from
// undoing one that its author has not seen; as If-None-Match it saves an answer
// that would be the same.

// tagOf returns the tag of a revision.
func tagOf(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// printOf returns the tag of what has no revision.
func printOf(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write what is tagged: %w", err)
	}
	sum := sha256.Sum256(raw)
	return `"` + hex.EncodeToString(sum[:8]) + `"`, nil
}

// replyTagged answers with v, or with 304 to whoever has it already.
func replyTagged(w http.ResponseWriter, r *http.Request, status int, v any, tag string) error {
	w.Header().Set("ETag", tag)
	if r.Method == http.MethodGet && names(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return reply(w, status, v)
}

// names reports whether a header lists a tag, or any.
func names(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == tag || one == "*" {
			return true
		}
	}
	return false
}

// outdated is the refusal of a change whose author says what they have seen, and
// which is not so any more.
type outdated struct{ error }

func (o outdated) Unwrap() error { return o.error }

// checkSeen refuses a change with If-Match of a thing that has another tag by
// now.
func checkSeen(r *http.Request, what, tag string) error {
	if header := r.Header.Get("If-Match"); header == "" || names(header, tag) {
		return nil
	}
	return outdated{fault.New(fault.Conflict, "%s is not as you saw it any more. Nothing was changed; look at it again.", what)}
}

// edited returns the revision that somebody has edited: that of If-Match, where it
// is given, or else that of the body. now is the one that there is.
func edited(r *http.Request, body, now int64) (int64, error) {
	header := r.Header.Get("If-Match")
	switch {
	case header == "":
		return body, nil
	case body != 0 && !names(header, tagOf(body)):
		return 0, fault.New(fault.Invalid, "The header If-Match and the field revision differ; give one of them.").In("revision")
	case names(header, tagOf(now)):
		return now, nil
	}
	first, _, _ := strings.Cut(header, ",")
	old, err := strconv.ParseInt(strings.Trim(strings.TrimSpace(first), `"`), 10, 64)
	if err != nil {
		return 0, outdated{fault.New(fault.Conflict, "If-Match names no revision that there was; send the ETag of the answer that you have seen.").In("If-Match")}
	}
	return old, nil
}

// asOutdated makes a conflict about an old revision one of If-Match, if that was
// given.
func asOutdated(r *http.Request, err error, old, now int64) error {
	if r.Header.Get("If-Match") == "" || old == now || fault.KindOf(err) != fault.Conflict {
		return err
	}
	return outdated{err}
}
