package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// plainRuleFlags are flags that stand for a field of the rule as it is.
var plainRuleFlags = []struct{ flag, field, usage string }{
	{"zone", "zone", "time zone of its clock, such as Europe/Berlin"},
	{"enabled", "enabled", "false switches it off; its slots are then paused"},
	{"overlap", "overlap", "while an earlier job has not ended: skip, queue one, queue all, abort or allow"},
	{"catch-up", "catch_up", "after an outage: none, latest or all"},
	{"catch-up-within", "catch_up_within_seconds", "slots that are older are missed (default 24h)"},
	{"catch-up-most", "catch_up_most", "how many slots at a time are caught up (default 100)"},
	{"latest-start", "latest_start_seconds", "a slot that is later than this is missed"},
	{"jitter", "jitter_seconds", "start up to this much after it is due"},
	{"jitter-by", "jitter_by", "what decides how much: name or chance"},
	{"after", "after", "schedules whose job must have succeeded first, with commas between; empty: none"},
	{"after-for", "after_for", "which job of theirs: slot, the latest since its own last slot, or day, one of the same day (default slot)"},
	{"after-limit", "after_limit_seconds", "how long a slot waits for them (default 12h)"},
	{"after-else", "after_else", "what becomes of it then: skip, run or miss, which raises an alarm (default skip)"},
	{"calendar", "calendar", "name of the calendar whose times are left out"},
	{"starts", "starts_at", "no slots before this time"},
	{"ends", "ends_at", "no slots from this time on"},
	{"max-runs", "max_runs", "it is over after so many jobs"},
	{"owner", "owner", "who answers for it"},
	{"labels", "labels", "for finding it: team=finance,term=autumn"},
}

// ruleFlags are the flags that set fields of a rule.
type ruleFlags struct {
	when, cron, dialect, every string
	args                       string
	arg, set                   []string
	plain                      map[string]*string // by flag
}

func (r *ruleFlags) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&r.when, "when", "", "when it is due, in English: “every weekday at 08:30”")
	flags.StringVar(&r.cron, "cron", "", "when it is due, as cron")
	flags.StringVar(&r.dialect, "dialect", "", "of --cron: unix or quartz (default: by the number of fields)")
	flags.StringVar(&r.every, "every", "", "when it is due, as an interval: “90 minutes from 2026-01-05 08:00”")
	flags.StringVar(&r.args, "args", "", "arguments of its jobs as a JSON object; - reads standard input")
	flags.StringArrayVar(&r.arg, "arg", nil, "one argument, as name=value, beside those that there are; may be repeated")
	flags.StringArrayVar(&r.set, "set", nil, "any field by its name in the API, as field=value; may be repeated")
	r.plain = map[string]*string{}
	for _, f := range plainRuleFlags {
		r.plain[f.flag] = flags.String(f.flag, "", f.usage)
	}
	_ = cmd.RegisterFlagCompletionFunc("overlap", cobra.FixedCompletions([]string{"skip", "queue one", "queue all", "abort", "allow"}, cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that is not there
	_ = cmd.RegisterFlagCompletionFunc("after-for", cobra.FixedCompletions([]string{"slot", "day"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("after-else", cobra.FixedCompletions([]string{"skip", "run", "miss"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("catch-up", cobra.FixedCompletions([]string{"none", "latest", "all"}, cobra.ShellCompDirectiveNoFileComp))
}

// fields returns what the flags say, of a schedule of that task whose jobs have
// these arguments until now.
func (r *ruleFlags) fields(ctx context.Context, env *Env, cmd *cobra.Command, task string, args json.RawMessage) (fields, error) {
	all, err := r.due()
	if err != nil {
		return nil, err
	}
	for _, f := range plainRuleFlags {
		if !cmd.Flags().Changed(f.flag) {
			continue
		}
		if err := all.setField(f.field, *r.plain[f.flag], "--"+f.flag); err != nil {
			return nil, err
		}
	}
	for _, pair := range r.set {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fault.New(fault.Invalid, "--set must be field=value, not %q", pair).In("set")
		}
		if err := all.setField(name, value, "--set"); err != nil {
			return nil, err
		}
	}
	if r.args == "" && len(r.arg) == 0 {
		return all, nil
	}
	whole := cmp.Or(r.args, string(args))
	all["args"], err = env.arguments(ctx, env.client(), task, "args", whole, r.arg)
	return all, err
}

// setField sets a field, unless another flag has set it.
func (f fields) setField(field, typed, flag string) error {
	value, err := valueIn(field, typed)
	if err != nil {
		return fault.New(fault.Invalid, "%s: %v", flag, err).In(field)
	}
	if before, set := f[field]; set && string(before) != string(value) {
		return fault.New(fault.Invalid, "%s: field %s is set twice, to %s and to %s", flag, field, shown(before), shown(value)).In(field)
	}
	f[field] = value
	return nil
}

// due returns the fields that say when the schedule is due.
func (r *ruleFlags) due() (fields, error) {
	if count := given(r.when, r.cron, r.every); count > 1 {
		return nil, fault.New(fault.Invalid, "--when, --cron and --every say the same thing; use one of them").In("cron")
	}
	switch {
	case r.when != "":
		return dueFields(r.when, english)
	case r.every != "":
		return dueFields(r.every, cron.Intervals)
	case r.cron != "" && r.dialect == "":
		return dueFields(r.cron, cron.Detect(r.cron))
	case r.cron != "":
		return dueFields(r.cron, cron.Dialect(r.dialect))
	case r.dialect != "":
		return nil, fault.New(fault.Invalid, "--dialect is the language of --cron; give both").In("dialect")
	}
	return fields{}, nil
}

func given(texts ...string) (n int) {
	for _, t := range texts {
		if t != "" {
			n++
		}
	}
	return n
}

// dueFields reads an expression, so that a mistake is shown where it is, and
// returns what is stored of it.
func dueFields(expr string, dialect cron.Dialect) (fields, error) {
	trigger, zone, err := readExpression(expr, dialect)
	if err != nil {
		return nil, err
	}
	all := fields{"dialect": text(string(dialectOf(trigger))), "cron": text(trigger.String())}
	if zone != "" {
		all["zone"] = text(zone)
	}
	return all, nil
}

// wordsOf says in words when a rule is due; empty if it makes no sense.
func wordsOf(r client.Rule) string {
	t, err := cron.ParseDialect(cron.Dialect(r.Dialect), r.Cron)
	if err != nil {
		return ""
	}
	return t.Describe()
}

// reasonFlag adds the reason, which every change of the timetable needs.
func reasonFlag(cmd *cobra.Command, reason *string) {
	cmd.Flags().StringVar(reason, "reason", "", "why, in a sentence; required, the history keeps it")
}

func needReason(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return fault.New(fault.Invalid, "--reason is required: the history keeps it").In("reason")
	}
	return nil
}

// layerFlag adds the layer in which fields are set.
func layerFlag(cmd *cobra.Command, layer *string) {
	cmd.Flags().StringVar(layer, "layer", string(client.LayerPlatform), "whose setting it is: platform, or client, which counts before it")
	_ = cmd.RegisterFlagCompletionFunc("layer", cobra.FixedCompletions([]string{"platform", "client"}, cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that is not there
}

func layerOf(text string) (client.Layer, error) {
	if l := client.Layer(text); l.Valid() {
		return l, nil
	}
	return "", fault.New(fault.Invalid, "--layer must be platform or client, not %q", text).In("layer")
}
