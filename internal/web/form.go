package web

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// maxForm is how long a form may be, in bytes.
const maxForm = 1 << 20

// takeForm reads what the address and the form of r say, before a page looks at
// it: a form that is too long or cut off must not be carried out in part, and no
// database can hold text that is not UTF-8 or has a NUL in it. Files are not
// taken at all.
func takeForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	_, tooLong := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLong:
		return fault.New(fault.Invalid, "The form is longer than 1 MiB, the most that is accepted.")
	case err != nil:
		return fault.New(fault.Invalid, "The address or the form cannot be read.").Because(err)
	case strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/"):
		return fault.New(fault.Invalid, "Forms are taken as application/x-www-form-urlencoded, and without files.")
	case !storable(r.URL.Path):
		return fault.New(fault.NotFound, "There is no such page.")
	}
	for name, values := range r.Form {
		if !storable(name) || !storable(strings.Join(values, "")) {
			return fault.New(fault.Invalid, "Field %q must be UTF-8 text without NUL characters.", name)
		}
	}
	return nil
}

// storable reports whether a database can hold s as text.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// pathOf returns the path of r as the log may hold it: that of a one-time link is
// worth a password.
func pathOf(r *http.Request) string {
	if r.PathValue("secret") != "" {
		return r.Pattern
	}
	return r.URL.Path
}
