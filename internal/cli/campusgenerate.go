package cli

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// generateOptions say which university is invented, and what is written of it.
type generateOptions struct {
	size, format, out string
	seed              uint64
	at, since         int
	dirt              []string
	silent            bool
}

// noDay is no day at all.
const noDay = math.MinInt32

func campusGenerateCmd(env *Env) *cobra.Command {
	var o generateOptions
	var troubles strings.Builder
	for _, t := range university.Troubles {
		fmt.Fprintf(&troubles, "  %-15s %s\n", t.Name, t.About)
	}
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Write what the student information system of an invented university exports",
		Long: `Generate invents a university and writes what its student information system
exports at the end of a day, and beside it a truth file: what a sync ought to
say of each record that is not in order. The same size and seed are always the
same university.

Day 0 is the first of the first term. Registration opens on day -60, sections
are made ready a week before their term, and most adds and drops are in the
first week. Day 400 is after everything. With --since only what has changed
since another day is written.

--dirt makes records wrong, and may be repeated; =0.05 after a name is how many
of the records, and 0.01 if nothing is said.
` + troubles.String(),
		Example: `  jobctl campus generate --size small --at 12 --out inbox
  jobctl campus generate --size tiny --at 12 --since 11 --format oneroster-1.2
  jobctl campus generate --size tiny --dirt bad-email=0.05 --dirt no-school`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return env.campusGenerate(o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.size, "size", "tiny", "tiny (200 students), small (2,000), medium (10,000), large (50,000) or xl (200,000)")
	flags.Uint64Var(&o.seed, "seed", 1, "which university: another number makes another one")
	flags.StringVar(&o.format, "format", "oneroster-1.1", "oneroster-1.1, oneroster-1.2, ims-enterprise or sql (a script that makes tables)")
	flags.StringVar(&o.out, "out", ".", "the folder to write to; it is made if need be")
	flags.IntVar(&o.at, "at", 30, "the day")
	flags.IntVar(&o.since, "since", noDay, "write what has changed since that day (default: all there is)")
	flags.StringArrayVar(&o.dirt, "dirt", nil, "what is wrong, as name or name=rate; may be repeated")
	flags.BoolVar(&o.silent, "silent", false, "sections do not say which platform they are for and whether they are ready")
	flags.Lookup("since").DefValue = "0" // is not shown
	return cmd
}

// A generated is what generate wrote.
type generated struct {
	Export        string `json:"export" yaml:"export"`
	Truth         string `json:"truth" yaml:"truth"`
	Persons       int    `json:"persons" yaml:"persons"`
	Sections      int    `json:"sections" yaml:"sections"`
	Registrations int    `json:"registrations" yaml:"registrations"`
	Wrong         int    `json:"wrong" yaml:"wrong"`
}

func (env *Env) campusGenerate(o generateOptions) error {
	format, err := university.FormatOf(o.format)
	if err != nil {
		return fault.New(fault.Invalid, "%v", err).In("format")
	}
	d, err := o.dump()
	if err != nil {
		return err
	}
	name := fmt.Sprintf("university-%s-%d-day%d", o.size, o.seed, o.at)
	if o.since != noDay {
		name += fmt.Sprintf("-since%d", o.since)
	}
	g := generated{
		Export: filepath.Join(o.out, name+format.Suffix), Truth: filepath.Join(o.out, name+"-truth.csv"),
		Persons: len(d.Persons), Sections: len(d.Sections), Registrations: len(d.Registrations), Wrong: len(d.Truth),
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return fault.New(fault.Invalid, "Cannot make the folder %s.", o.out).Because(err).In("out")
	}
	if err := saveFile(g.Export, func(w io.Writer) error { return format.Write(w, d) }); err != nil {
		return err
	}
	if err := saveFile(g.Truth, d.WriteTruth); err != nil {
		return err
	}
	return env.print(g, func() {
		env.say("%s: %d persons, %d sections, %d registrations.", g.Export, g.Persons, g.Sections, g.Registrations)
		env.say("%s: what is wrong with %d records.", g.Truth, g.Wrong)
	})
}

// dump returns what is to be written.
func (o generateOptions) dump() (*university.Dump, error) {
	size, err := university.SizeOf(o.size)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%v", err).In("size")
	}
	dirt, err := readDirt(o.dirt)
	if err != nil {
		return nil, err
	}
	if o.since >= o.at {
		return nil, fault.New(fault.Invalid, "--since must be a day before --at, which is %d", o.at).In("since")
	}
	u := university.New(university.Options{Seed: o.seed, Size: size, Silent: o.silent})
	state := u.After(u.Timeline(), 0)
	if o.since == noDay {
		state.AdvanceTo(o.at)
		return state.Export(dirt...), nil
	}
	state.AdvanceTo(o.since)
	before := state.Campus()
	state.AdvanceTo(o.at)
	return state.ExportSince(before, o.at, dirt...), nil
}

// readDirt reads --dirt flags.
func readDirt(flags []string) (dirt []university.Dirt, err error) {
	for _, text := range flags {
		name, much, rated := strings.Cut(text, "=")
		rate := 0.01
		if rated {
			if rate, err = strconv.ParseFloat(much, 64); err != nil || rate < 0 || rate > 1 {
				return nil, fault.New(fault.Invalid, "--dirt %s: the rate must be from 0 to 1", text).In("dirt")
			}
		}
		trouble, err := university.TroubleOf(name)
		if err != nil {
			return nil, fault.New(fault.Invalid, "--dirt %s: %v", text, err).In("dirt")
		}
		dirt = append(dirt, university.Dirt{Trouble: trouble, Rate: rate})
	}
	return dirt, nil
}

func saveFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fault.New(fault.Invalid, "Cannot write %s.", path).Because(err).In("out")
	}
	return errors.Join(write(f), f.Close())
}
