package cli

import (
	"cmp"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/prove"
)

func proveVerifyCmd(env *Env) *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check that a report of jobctl prove is as it was signed, and print it",
		Long: `Verify fails if the report was changed after it was signed. Whose key signed it
is for you to know: compare the fingerprint with one that you were told, or name
it with --key.`,
		Example: "  jobctl prove verify proof.json --key SHA256:Ba9Wx0ZkF0lKQ2cGm6dzmXhoBv3nPd4hUeXcGJd0f3A",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, files []string) error {
			raw, err := os.ReadFile(files[0])
			if err != nil {
				return fault.New(fault.Invalid, "%s cannot be read: %v", files[0], err)
			}
			report, signature, err := prove.Verify(raw)
			if err != nil {
				return err
			}
			if by != "" && by != signature.Fingerprint {
				return fault.New(fault.Conflict, "The report was signed by %s, and not by %s.", oneLine(signature.Fingerprint), by).In("key")
			}
			return env.print(report, func() {
				env.printProof(report, signature)
				env.say("%s", env.whoseKey(by, signature))
			})
		},
	}
	cmd.Flags().StringVar(&by, "key", "", "fingerprint of the key that must have signed it")
	return cmd
}

// whoseKey says what is known of who signed.
func (env *Env) whoseKey(expected string, s prove.Signature) string {
	switch {
	case expected != "":
		return "It is as that key signed it."
	case env.isOwnKey(s.Fingerprint):
		return "It is as you signed it: the key is yours, on this machine."
	}
	return "It is as whoever has that key signed it."
}

// printProof prints a report: what was proved on, each step, what broke.
func (env *Env) printProof(r prove.Report, s prove.Signature) {
	env.facts(
		"installation", r.Server+", "+r.Version,
		"redis", cmp.Or(r.Redis.Version, "embedded")+", "+known(r.Redis.Persistence)+", "+known(r.Redis.Eviction),
		"ledger", r.Ledger.Kind+" "+r.Ledger.Version,
		"schedulers", strconv.Itoa(r.Schedulers),
		"proved", r.Began.Format("2006-01-02 15:04:05")+" to "+r.Ended.Format("15:04:05 UTC")+", by "+r.By+" on "+r.Host+", seed "+strconv.FormatUint(r.Seed, 10),
		"signed by", s.Fingerprint,
	)
	env.say("")
	env.printProofSteps(r.Steps)
	env.say("")
	for _, step := range r.Steps {
		env.printProofStep(step)
	}
	if r.Kept {
		env.say("Every promise was kept.")
		return
	}
	env.say("A promise was broken.")
}

func (env *Env) printProofSteps(steps []prove.Step) {
	t := env.table("step", "jobs", "lost", "doubled", "overlaps", "failed", "used up", "other", "again", "slots", "late", "twice", "missing", "recovery p50", "max", "verdict")
	for _, s := range steps {
		if s.Skipped != "" {
			t.row(s.Name, "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "skipped")
			continue
		}
		t.row(s.Name, fmt.Sprint(s.Jobs), fmt.Sprint(s.Lost), fmt.Sprint(s.Doubled), fmt.Sprint(s.Overlaps), fmt.Sprint(s.Failed), fmt.Sprint(s.UsedUp), fmt.Sprint(s.Fences+s.Unclear), fmt.Sprint(s.Attempted),
			fmt.Sprint(s.Slots.Due), fmt.Sprint(s.Slots.Late), fmt.Sprint(s.Slots.Doubled), fmt.Sprint(s.Slots.Missing), lasted(s, s.Recovery.P50), lasted(s, s.Recovery.Max), verdict(s))
	}
	t.end()
}

// printProofStep says what was done in a step, and what it found that must not be.
func (env *Env) printProofStep(s prove.Step) {
	if s.Skipped != "" {
		env.say("%s was skipped: %s.", s.Name, oneLine(s.Skipped))
		return
	}
	for _, what := range s.Done {
		env.say("%s: %s.", s.Name, oneLine(what))
	}
	if s.Refused > 0 {
		env.say("%s: %s of code that had lost what it held, refused by fence.", s.Name, count(int64(s.Refused), "write", "writes"))
	}
	for _, what := range s.Findings {
		env.say("%s: BROKEN %s", s.Name, oneLine(what))
	}
}

func lasted(s prove.Step, seconds float64) string {
	if s.Recovery.Measured == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f s", seconds)
}

func verdict(s prove.Step) string {
	if s.Kept() {
		return "kept"
	}
	return "BROKEN"
}
