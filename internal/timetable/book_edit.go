package timetable

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Edit sets fields of a schedule in one layer, or takes back what was set
// there. It is made from the revision that it names: if somebody has changed
// the schedule since, nothing is changed, and the fault.Conflict says what and
// who. An edit of its times gives it no slots before now, and those that were
// due have their outcome by the times that they had.
func (b *Book) Edit(ctx context.Context, name string, e job.Edit) (job.Schedule, error) {
	if err := checkEdit(&e); err != nil {
		return job.Schedule{}, err
	}
	old, err := b.Ledger.Schedule(ctx, name)
	if err != nil {
		return old, err
	}
	if old.Revision != e.Revision {
		return old, b.outdated(ctx, old, e.Revision)
	}
	s, changes, err := b.edited(ctx, old, e)
	if err != nil || len(changes) == 0 {
		return s, err
	}
	if s.Decided.After(old.Decided) {
		if err := b.keepDue(ctx, old, s.Decided); err != nil {
			return old, err
		}
	}
	if s, err = b.save(ctx, s, changes); fault.KindOf(err) == fault.Conflict {
		err = b.overtaken(ctx, name, e.Revision, err)
	}
	return s, err
}

// checkEdit refuses what is an edit of no schedule. Without a layer it is the
// platform's.
func checkEdit(e *job.Edit) error {
	if e.Layer == "" {
		e.Layer = job.LayerPlatform
	}
	if !e.Layer.Valid() {
		return fault.New(fault.Invalid, "%q is not a layer; write platform or client.", shorten(string(e.Layer))).In("layer")
	}
	if len(e.Set) == 0 && len(e.Revert) == 0 {
		return fault.New(fault.Invalid, "Say what to change: fields to set, or fields to revert.").In("set")
	}
	for _, field := range slices.Sorted(maps.Keys(e.Set)) {
		if err := checkField(field, e.Set[field]); err != nil {
			return err
		}
		if slices.Contains(e.Revert, field) || slices.Contains(e.Revert, all) {
			return fault.New(fault.Invalid, "Field %s is to be set and to be reverted; do one of them.", field).In(field)
		}
	}
	for _, field := range e.Revert {
		if field != all && !slices.Contains(job.RuleFields(), field) {
			return fault.New(fault.Invalid, "There is no field %q to revert; there are %s, and * for all.",
				shorten(field), strings.Join(job.RuleFields(), ", ")).In("revert")
		}
	}
	return checkWrite(e.By, "reason", e.Reason)
}

// edited returns what e makes of s, and what it changes.
func (b *Book) edited(ctx context.Context, s job.Schedule, e job.Edit) (job.Schedule, []job.Change, error) {
	now, old := b.Now(), s
	s.Overrides = revert(slices.Clone(s.Overrides), e.Layer, e.Revert)
	if err := s.Settle(); err != nil {
		return old, nil, err
	}
	if err := apply(&s, e, now); err != nil {
		return old, nil, err
	}
	if err := b.check(ctx, s); err != nil {
		return old, nil, err
	}
	changes, err := changesOf(old, s, e, now)
	if err != nil {
		return old, nil, err
	}
	return s, changes, settled(old, &s, now)
}

// apply sets the fields of e in its layer. A field that has that value there
// without being set stays as it is.
func apply(s *job.Schedule, e job.Edit, now time.Time) error {
	before, err := below(*s, e.Layer)
	if err != nil {
		return err
	}
	values, err := spelledOut(before, e.Set)
	if err != nil {
		return err
	}
	is, err := byField(before)
	if err != nil {
		return err
	}
	defaults, err := byField(s.Base)
	if err != nil {
		return err
	}
	for _, field := range slices.Sorted(maps.Keys(values)) {
		o := job.Override{
			Layer: e.Layer, Field: field, Value: orNull(values[field]), Default: orNull(defaults[field]), By: e.By, Reason: e.Reason, At: now,
		}
		if changesAnything(s.Overrides, o, is[field]) {
			s.Overrides = set(s.Overrides, o)
		}
	}
	pinDialects(s, e.Layer, before.Dialect)
	return s.Settle()
}

// changesAnything reports whether o would, in overrides under which its field
// has that value.
func changesAnything(overrides []job.Override, o job.Override, is json.RawMessage) bool {
	if i := find(overrides, o.Layer, o.Field); i >= 0 {
		return !job.SameJSON(overrides[i].Value, o.Value) || !job.SameJSON(overrides[i].Default, o.Default)
	}
	return !job.SameJSON(is, o.Value)
}

// spelledOut returns the fields to set in r, with words as the cron that they
// mean and the dialect of it.
func spelledOut(r job.Rule, fields map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	_, cron := fields["cron"]
	_, dialect := fields["dialect"]
	if !cron && !dialect {
		return fields, nil
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("read the fields of an edit: %w", err)
	}
	r.Dialect = ""
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, fmt.Errorf("read the fields of an edit: %w", err)
	}
	if r, err = inCron(r); err != nil {
		return nil, err
	}
	values := maps.Clone(fields)
	values["cron"], values["dialect"] = asJSON(r.Cron), asJSON(r.Dialect)
	return values, nil
}

// changesOf returns what e changes, by field, as seen from its layer.
func changesOf(old, s job.Schedule, e job.Edit, now time.Time) ([]job.Change, error) {
	was, err := below(old, e.Layer)
	if err != nil {
		return nil, err
	}
	is, err := below(s, e.Layer)
	if err != nil {
		return nil, err
	}
	before, err := byField(was)
	if err != nil {
		return nil, err
	}
	after, err := byField(is)
	if err != nil {
		return nil, err
	}
	var changes []job.Change
	for _, field := range job.RuleFields() {
		if sameOverride(old, s, e.Layer, field) && job.SameJSON(before[field], after[field]) {
			continue
		}
		changes = append(changes, job.Change{
			Schedule: s.Name, At: now, By: e.By, Reason: e.Reason, Layer: e.Layer, Field: field, Old: before[field], New: after[field],
		})
	}
	return changes, nil
}

// sameOverride reports whether a field of a layer is set alike in both, or in
// neither.
func sameOverride(a, b job.Schedule, layer job.Layer, field string) bool {
	i, j := find(a.Overrides, layer, field), find(b.Overrides, layer, field)
	if i < 0 || j < 0 {
		return i < 0 && j < 0
	}
	x, y := a.Overrides[i], b.Overrides[j]
	return job.SameJSON(x.Value, y.Value) && job.SameJSON(x.Default, y.Default)
}

// settled brings the rest of s, whose rule has been checked, to what its rule
// says now.
func settled(old job.Schedule, s *job.Schedule, now time.Time) (err error) {
	if s.Problem == (atlas{}).problem(old) {
		s.Problem = ""
	}
	if s.Declared {
		if s.Notices, err = notices(*s); err != nil {
			return err
		}
	}
	same, err := sameTimes(old.Rule, s.Rule)
	if err == nil && (!same || s.Problem != old.Problem) {
		s.Decided = later(now, s.Decided)
	}
	return err
}

// overtaken is what to say when a schedule was changed while it was edited.
func (b *Book) overtaken(ctx context.Context, name string, revision int64, cause error) error {
	s, err := b.Ledger.Schedule(ctx, name)
	if err != nil {
		return cause
	}
	return b.outdated(ctx, s, revision)
}

// outdated says what of s was changed since that revision, and by whom.
func (b *Book) outdated(ctx context.Context, s job.Schedule, revision int64) error {
	const most = 200
	changes, err := b.Ledger.Changes(ctx, s.Name, most)
	if err != nil {
		return fmt.Errorf("read the changes of schedule %s: %w", s.Name, err)
	}
	what := "it was changed"
	if since := lastSaves(changes, s.Revision-revision); len(since) > 0 {
		what = strings.Join(since, ", ")
	}
	return fault.New(fault.Conflict, "The schedule %q is not as you saw it any more: %s. Nothing of yours was saved; look at it again, and save then.", s.Name, what)
}

// lastSaves says what the newest n saves changed, and who saved. The changes of
// one save, which come newest first, have one author and time.
func lastSaves(changes []job.Change, n int64) (texts []string) {
	for i, c := range changes {
		if i == 0 || !c.At.Equal(changes[i-1].At) || c.By != changes[i-1].By {
			n--
		}
		if n < 0 {
			break
		}
		text := fmt.Sprintf("%s changed %s to %s", c.By, c.Field, shorten(shown(c.New)))
		switch c.Field {
		case "args": // which may be secret
			text = c.By + " changed args"
		case created, deleted, paused, resumed:
			text = c.By + " " + c.Field + " it"
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// orNull returns a value that there is not as null.
func orNull(value json.RawMessage) json.RawMessage {
	if len(value) == 0 {
		return json.RawMessage("null")
	}
	return value
}
