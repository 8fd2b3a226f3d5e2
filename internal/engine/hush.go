package engine

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A hush puts [job.Mask] in place of a job's secret arguments in what its code
// says, before it is stored or sent: where they stand as they are written. A nil
// hush is that of a job without secrets, and costs nothing.
type hush struct{ words *strings.Replacer }

// leastHushed is how many bytes a secret has at least that is looked for: a
// shorter one would also be a part of other words.
const leastHushed = 6

// secretsOf returns the secrets of the tasks that have any.
func secretsOf(infos map[string]tasks.Info) map[string]job.Secrets {
	all := map[string]job.Secrets{}
	for name, info := range infos {
		if s := job.SecretsOf(info.Schema); s.Any() {
			all[name] = s
		}
	}
	return all
}

// newHush returns what hushes the secrets of these arguments.
func newHush(s job.Secrets, args json.RawMessage) *hush {
	values := slices.DeleteFunc(s.Values(args), func(v string) bool { return len(v) < leastHushed })
	if len(values) == 0 {
		return nil
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) }) // the whole before its parts
	pairs := make([]string, 0, 2*len(values))
	for _, v := range values {
		pairs = append(pairs, v, job.Mask)
	}
	return &hush{strings.NewReplacer(pairs...)}
}

func (h *hush) text(text string) string {
	if h == nil {
		return text
	}
	return h.words.Replace(text)
}

// error returns what the log may hold of an error.
func (h *hush) error(err error) any {
	if h == nil || err == nil {
		return err
	}
	return h.text(err.Error())
}

// record returns a record of a log without secrets.
func (h *hush) record(r slog.Record) slog.Record {
	if h == nil {
		return r
	}
	quiet := slog.NewRecord(r.Time, r.Level, h.text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		quiet.AddAttrs(h.attr(a))
		return true
	})
	return quiet
}

func (h *hush) attrs(all []slog.Attr) []slog.Attr {
	if h == nil {
		return all
	}
	quiet := make([]slog.Attr, len(all))
	for i, a := range all {
		quiet[i] = h.attr(a)
	}
	return quiet
}

// attr returns an attribute as it is, or as a text if it shows a secret.
func (h *hush) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	a = slog.Attr{Key: h.text(a.Key), Value: v}
	if v.Kind() == slog.KindGroup {
		a.Value = slog.GroupValue(h.attrs(v.Group())...)
		return a
	}
	for _, text := range forms(v) {
		if quiet := h.text(text); quiet != text {
			return slog.String(a.Key, quiet)
		}
	}
	return a
}

// forms are the ways in which logs write a value.
func forms(v slog.Value) []string {
	if v.Kind() != slog.KindAny {
		return []string{v.String()}
	}
	all := []string{fmt.Sprintf("%+v", v.Any())}
	if raw, ok := v.Any().([]byte); ok {
		all = append(all, string(raw))
	}
	if raw, err := json.Marshal(v.Any()); err == nil {
		all = append(all, string(raw))
	}
	return all
}
