package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// maxAudited is how much of a request's content the audit keeps, in bytes.
const maxAudited = 4 << 10

// words are what a request says, by field, without secrets.
type words struct {
	fields map[string]any
	note   string // why there are no fields
}

// read reads the words of r and leaves the body as it was. A body that cannot
// be understood is not kept: nobody can tell what of it is a secret.
func read(r *http.Request) words {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	r.Body = struct {
		io.Reader
		io.Closer
	}{rest(body, r.Body, err), r.Body}
	fields := map[string]any{}
	switch {
	case err != nil:
		return words{note: "(the body broke off)"}
	case len(body) > maxBody:
		return words{note: "(the body is longer than 1 MiB)"}
	case len(bytes.TrimSpace(body)) == 0:
	case isForm(r):
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return words{note: unread(body)}
		}
		maps.Copy(fields, valuesOf(form))
	default:
		if fields, err = objectOf(body); err != nil {
			return words{note: unread(body)}
		}
	}
	maps.Copy(fields, valuesOf(r.URL.Query()))
	return words{fields: fields}
}

// rest is all of a body of which some was read.
func rest(read []byte, body io.Reader, err error) io.Reader {
	if err != nil {
		return io.MultiReader(bytes.NewReader(read), failing{err})
	}
	return io.MultiReader(bytes.NewReader(read), body)
}

// failing is the end of a body that broke off.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func unread(body []byte) string {
	return fmt.Sprintf("(%d bytes that cannot be read)", len(body))
}

func isForm(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/x-www-form-urlencoded"
}

// objectOf reads one JSON object; numbers stay as they are written.
func objectOf(raw []byte) (fields map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&fields); err != nil {
		return nil, err
	}
	if fields == nil || d.More() {
		return nil, fault.New(fault.Invalid, "The body must be one JSON object.")
	}
	return fields, nil
}

// valuesOf are the fields of a form; one that is given once is a text.
func valuesOf(form url.Values) map[string]any {
	fields := make(map[string]any, len(form))
	for name, all := range form {
		fields[name] = all
		if len(all) == 1 {
			fields[name] = all[0]
		}
	}
	return fields
}

// content returns the words as the audit keeps them: JSON, cut where it is too
// long.
func (w words) content(m mask) string {
	if len(w.fields) == 0 {
		return w.note
	}
	return jsonText(m.of(w.fields))
}

// reason returns why something is to be changed.
func (w words) reason() string {
	for _, name := range []string{"reason", "note"} {
		if text, ok := w.fields[name].(string); ok && text != "" {
			return clip(text)
		}
	}
	return ""
}

func jsonText(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return clip(strings.TrimSuffix(b.String(), "\n"))
}

// clip cuts a text that is too long, and says so.
func clip(text string) string {
	if len(text) <= maxAudited {
		return text
	}
	mark := fmt.Sprintf(" … [cut: %d bytes in all]", len(text))
	n := maxAudited - len(mark)
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + mark
}

// A mask hides secrets from the audit: fields whose names say so, and arguments
// that tasks mark.
type mask struct {
	names map[string]bool // of arguments; nil: all of them are hidden
	args  bool            // it is arguments that are looked at
}

func (m mask) hides(name string) bool {
	return job.SecretName(name) || m.args && (m.names == nil || m.names[name])
}

// of returns v without what is hidden, also in texts that are JSON, as arguments
// are in a form.
func (m mask) of(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return m.object(v)
	case []any:
		all := make([]any, len(v))
		for i, value := range v {
			all[i] = m.of(value)
		}
		return all
	case []string:
		all := make([]any, len(v))
		for i, value := range v {
			all[i] = m.of(value)
		}
		return all
	case string:
		return m.text(v)
	}
	return v
}

// object is of a JSON object; one that is about the field args is arguments.
func (m mask) object(v map[string]any) any {
	all := make(map[string]any, len(v))
	for name, value := range v {
		all[name] = "***"
		if !m.hides(name) {
			all[name] = mask{m.names, m.args || name == "args" || v["field"] == "args"}.of(value)
		}
	}
	return all
}

// text is of a text: one that is JSON is kept as what it says, and one that
// only begins like an object is not kept.
func (m mask) text(text string) any {
	trimmed := strings.TrimSpace(text)
	if strings.HasPrefix(trimmed, "{") {
		fields, err := objectOf([]byte(trimmed))
		if err != nil {
			return unread([]byte(text))
		}
		return m.of(fields)
	}
	var list []any
	if strings.HasPrefix(trimmed, "[") && json.Unmarshal([]byte(trimmed), &list) == nil {
		return m.of(list)
	}
	return text
}

// targetOf says what a request is about: the things that its path names, with
// their kinds, such as schedules/nightly or syncs/main/plans/7; of a secret only
// the kind. Where the path names a kind only, the fields may name the thing.
func targetOf(pattern, path string, fields map[string]any) string {
	pattern, path = strings.TrimPrefix(pattern, "/api/v1"), strings.TrimPrefix(path, "/api/v1")
	parts, given := strings.Split(strings.Trim(pattern, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	named := 0 // how many parts the last thing ends behind
	for i := 1; i < min(len(parts), len(given)); i++ {
		if job.SecretName(parts[i]) {
			return strings.Join(parts[:i], "/")
		}
		if strings.HasPrefix(parts[i], "{") {
			name, err := url.PathUnescape(given[i])
			if err != nil {
				name = given[i]
			}
			parts[i], named = name, i+1
		}
	}
	if named > 0 {
		return strings.Join(parts[:named], "/")
	}
	if id, ok := fields["job"].(string); ok && id != "" {
		return "jobs/" + id
	}
	kind, _, _ := strings.Cut(parts[0], ":")
	if name, ok := fields["name"].(string); ok && name != "" {
		return kind + "/" + name
	}
	return kind
}
