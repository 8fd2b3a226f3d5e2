package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func schedulesExportCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "export",
		Short: "Write schedules and calendars as YAML, to be kept in git",
		Long: `Export writes every schedule and calendar as YAML, in an order that does not
change, so that two exports differ where the timetable does. Of a schedule that a
task's code declares there is what people have set; of one that a person created
there is all that differs from the default rule. Pauses are not in it.`,
		Example: `  jobctl schedules export > schedules.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, c := cmd.Context(), env.client()
			schedules, err := c.Schedules(ctx)
			if err != nil {
				return err
			}
			calendars, err := c.Calendars(ctx)
			if err != nil {
				return err
			}
			raw, err := exported(schedules, calendars)
			if err != nil {
				return err
			}
			_, err = env.Out.Write(raw)
			return err
		},
	}
}

// exported is the file of a timetable.
func exported(schedules []client.Schedule, calendars []client.Calendar) ([]byte, error) {
	slices.SortFunc(schedules, func(a, b client.Schedule) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(calendars, func(a, b client.Calendar) int { return cmp.Compare(a.Name, b.Name) })
	top := &mapping{}
	if len(calendars) > 0 {
		list, err := calendarNodes(calendars)
		if err != nil {
			return nil, err
		}
		top.put("calendars", list)
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, s := range schedules {
		n, err := scheduleNode(s)
		if err != nil {
			return nil, fmt.Errorf("export schedule %s: %w", s.Name, err)
		}
		list.Content = append(list.Content, n)
	}
	top.put("schedules", list)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(top.node()); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return out.Bytes(), enc.Close()
}

func scheduleNode(s client.Schedule) (*yaml.Node, error) {
	platform, err := platformRule(s)
	if err != nil {
		return nil, err
	}
	m := &mapping{}
	m.put("name", textNode(s.Name))
	if !s.Declared {
		m.put("task", textNode(s.Task))
		m.put("client", textNode(s.Client))
	}
	if err := m.putRule("rule", platform, s); err != nil {
		return nil, err
	}
	if err := m.putRule("client_rule", overridesIn(s, client.LayerClient).withDialect(s), s); err != nil {
		return nil, err
	}
	return m.node(), nil
}

// platformRule returns what the file has as a schedule's rule.
func platformRule(s client.Schedule) (fields, error) {
	set := overridesIn(s, client.LayerPlatform)
	if s.Declared {
		return set.withDialect(s), nil
	}
	base, err := ruleOf(s.Base)
	if err != nil {
		return nil, err
	}
	usual, err := ruleOf(job.DefaultRule())
	if err != nil {
		return nil, err
	}
	all := fields{}
	maps.Copy(base, set)
	for field, value := range base {
		if field == "cron" || canonical(field, value) != canonical(field, usual[field]) {
			all[field] = value
		}
	}
	return all, nil
}

// withDialect puts its dialect beside a cron expression.
func (f fields) withDialect(s client.Schedule) fields {
	if f["cron"] != nil && f["dialect"] == nil {
		f["dialect"] = text(s.Base.Dialect)
	}
	return f
}

// overridesIn returns what people have set in a layer.
func overridesIn(s client.Schedule, layer client.Layer) fields {
	all := fields{}
	for _, o := range s.Overrides {
		if o.Layer == layer {
			all[o.Field] = o.Value
		}
	}
	return all
}

func calendarNodes(calendars []client.Calendar) (*yaml.Node, error) {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, c := range calendars {
		m := &mapping{}
		m.put("name", textNode(c.Name))
		m.put("title", textNode(c.Title))
		exclusions := &yaml.Node{Kind: yaml.SequenceNode}
		for _, e := range c.Exclusions {
			n, err := nodeOf(e)
			if err != nil {
				return nil, fmt.Errorf("export calendar %s: %w", c.Name, err)
			}
			n.Style = yaml.FlowStyle
			exclusions.Content = append(exclusions.Content, n)
		}
		m.put("exclusions", exclusions)
		list.Content = append(list.Content, m.node())
	}
	return list, nil
}
