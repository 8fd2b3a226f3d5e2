package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// auditFlags are the flags that choose entries of the audit.
type auditFlags struct{ actor, target, from, to string }

func (a *auditFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&a.actor, "actor", "", "only what this one asked for; “nobody” is who was not let in")
	flags.StringVar(&a.target, "target", "", "only about this, such as schedules/nightly, or this kind, such as schedules")
	flags.StringVar(&a.from, "from", "", "from this time on: 2026-09-01T08:00:00Z, or “2026-09-01 08:00” in your zone")
	flags.StringVar(&a.to, "to", "", "up to, and without, this time")
}

func (a *auditFlags) filter() (f client.AuditFilter, err error) {
	f.Actor, f.Target = a.actor, a.target
	if f.From, err = parseWhen("from", a.from); err != nil {
		return f, err
	}
	f.To, err = parseWhen("to", a.to)
	return f, err
}

func auditCmd(env *Env) *cobra.Command {
	var chosen auditFlags
	var limit int
	var before int64
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "List who asked for which change, and what came of it",
		Long: `Audit lists every request that was to change something, newest first: refused ones
too, through the API, jobctl and the dashboard. Single new jobs are not in it: a
job says itself who started it. A batch of jobs is one entry.`,
		Example: `  jobctl audit --target schedules --from "2026-09-01 00:00"
  jobctl audit --actor nobody`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := chosen.filter()
			if err != nil {
				return err
			}
			f.Limit, f.Before = limit, before
			list, err := env.client().Audit(cmd.Context(), f)
			if err != nil {
				return err
			}
			return env.print(list, func() { env.printAudit(list) })
		},
	}
	chosen.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", 50, "how many to list at most")
	cmd.Flags().Int64Var(&before, "before", 0, "go on after the entry with this number")
	cmd.AddCommand(auditVerifyCmd(env), auditExportCmd(env))
	return cmd
}

func (env *Env) printAudit(list client.AuditList) {
	if len(list.Entries) == 0 {
		env.hint("There are no such entries.")
		return
	}
	t := env.table("no", "at", "actor", "request", "target", "outcome", "why")
	for _, e := range list.Entries {
		t.row(fmt.Sprint(e.Seq), clock(e.At.UTC()), e.Actor, e.Method+" "+e.Route, e.Target, answeredText(e), e.Reason)
	}
	t.end()
	if list.Next != 0 {
		env.hint("There may be more: --before %d", list.Next)
	}
}

// answeredText says what came of a request.
func answeredText(e client.AuditEntry) string {
	status := e.Answered()
	if status == 0 {
		return "not known"
	}
	return fmt.Sprintf("%d %s", status, http.StatusText(status))
}

func auditVerifyCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Check that no row of the audit was changed or taken out",
		Long: `Verify has the server read its whole audit. Each row's hash covers the row and the
hash of the row before, so a row that was changed, taken out or put in is found.
It exits with 1 if there is one.

That the newest rows were cut off, or all rows written anew, the chain alone
cannot show: note the number and the hash that are printed, somewhere else, and
compare them with an export of later.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := env.client().VerifyAudit(cmd.Context())
			if err != nil {
				return err
			}
			if err := env.print(c, func() { env.printAuditCheck(c) }); err != nil || c.Broken == nil {
				return err
			}
			return fault.New(fault.Internal, "row %d of the audit does not fit: %s", c.Broken.Seq, c.Broken.Why)
		},
	}
}

func (env *Env) printAuditCheck(c client.AuditCheck) {
	if c.Broken != nil {
		env.say("%s fit; row %d does not.", count(c.Rows, "row", "rows"), c.Broken.Seq)
		return
	}
	env.say("The audit is whole: %s.", count(c.Rows, "row", "rows"))
	if c.Rows > 0 {
		env.say("Row %d has the hash %s", c.Rows, c.Head)
	}
}

// auditPage is how many entries are exported with one request.
const auditPage = 500

func auditExportCmd(env *Env) *cobra.Command {
	var chosen auditFlags
	cmd := &cobra.Command{
		Use:     "export",
		Short:   "Print the audit as NDJSON, oldest first",
		Long:    `Export prints one JSON object in a line for each entry, the oldest first, with the hashes of its rows.`,
		Example: `  jobctl audit export --to "2026-09-01 00:00" > audit.ndjson`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := chosen.filter()
			if err != nil {
				return err
			}
			f.Oldest, f.Limit = true, auditPage
			return env.exportAudit(cmd, f)
		},
	}
	chosen.add(cmd)
	return cmd
}

func (env *Env) exportAudit(cmd *cobra.Command, f client.AuditFilter) error {
	out := bufio.NewWriter(env.Out)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for {
		list, err := env.client().Audit(cmd.Context(), f)
		if err != nil {
			return err
		}
		for _, e := range list.Entries {
			if err := enc.Encode(e); err != nil {
				return fmt.Errorf("print the audit: %w", err)
			}
		}
		if list.Next == 0 {
			return out.Flush()
		}
		f.After = list.Next
	}
}
