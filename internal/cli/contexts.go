package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// contexts are the servers that a person has logged in to, by the names that
// they go by on this machine.
type contexts struct {
	Current  string           `yaml:"current,omitempty"`
	Contexts map[string]place `yaml:"contexts,omitempty"`
}

// A place is a server, and the token that opens it.
type place struct {
	Server string `yaml:"server"`
	Person string `yaml:"person,omitempty"`
	Token  string `yaml:"token,omitempty"`
}

// defaultServer is where “jobctl dev” serves.
const defaultServer = "http://127.0.0.1:8080"

// contextsFile is where contexts are kept; empty: nowhere.
func (env *Env) contextsFile() string {
	if env.Folder == "" {
		return ""
	}
	return filepath.Join(env.Folder, "contexts.yaml")
}

// contexts reads what is kept.
func (env *Env) contexts() (c contexts, err error) {
	raw, err := os.ReadFile(env.contextsFile())
	if env.Folder == "" || errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read the contexts: %w", err)
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil && len(bytes.TrimSpace(raw)) > 0 {
		return c, fault.New(fault.Invalid, "%s cannot be read; mend it, or delete it and log in again", env.contextsFile()).Because(err)
	}
	return c, nil
}

// keep writes c whole or not at all, for this person's eyes only: it holds
// tokens.
func (env *Env) keep(c contexts) error {
	if env.Folder == "" {
		return fault.New(fault.Invalid, "there is no folder for contexts; set HOME or XDG_CONFIG_HOME")
	}
	raw, err := yaml.Marshal(c)
	if err != nil {
		return fmt.Errorf("write the contexts: %w", err)
	}
	if err := os.MkdirAll(env.Folder, 0o700); err != nil {
		return fmt.Errorf("make the folder of the contexts: %w", err)
	}
	if err := replace(env.contextsFile(), raw); err != nil {
		return fmt.Errorf("write the contexts: %w", err)
	}
	return nil
}

// replace puts raw in the place of a file, which nobody else may read.
func replace(name string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".contexts-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone if all went well
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// change reads the contexts, has do change them, and keeps them.
func (env *Env) change(do func(c *contexts) error) error {
	c, err := env.contexts()
	if err != nil {
		return err
	}
	if c.Contexts == nil {
		c.Contexts = map[string]place{}
	}
	if err := do(&c); err != nil {
		return err
	}
	return env.keep(c)
}

// find returns the context of a name.
func (c contexts) find(name string) (place, error) {
	p, known := c.Contexts[name]
	if !known {
		return p, fault.New(fault.NotFound, "there is no context %q; “jobctl contexts” lists them, and “jobctl login” makes one", name).In("context")
	}
	return p, nil
}

// locate finds the server to speak to and its token: from --server and the
// environment first, then from the context. The token of a context goes to the
// server of that context and to no other.
func (env *Env) locate() (place, error) {
	saved, err := env.contexts()
	if err != nil {
		return place{}, err
	}
	var from place
	if name := cmp.Or(env.context, saved.Current); name != "" {
		if from, err = saved.find(name); err != nil {
			return place{}, err
		}
	}
	at := place{Server: cmp.Or(env.server, env.Getenv("BEADLE_SERVER"), from.Server, defaultServer), Token: env.Getenv("BEADLE_TOKEN")}
	if at.Token == "" && at.Server == from.Server {
		at.Token = from.Token
	}
	return at, nil
}

// begin makes ready what every command needs.
func (env *Env) begin(*cobra.Command, []string) error {
	env.begun = true
	if err := env.checkFormat(); err != nil {
		return err
	}
	if env.context != "" && env.server == "" && env.Getenv("BEADLE_SERVER") != "" {
		env.hint("BEADLE_SERVER is set and wins over --context %s.", oneLine(env.context))
	}
	return nil
}

func contextsCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "contexts",
		Short: "List the servers that you have logged in to",
		Long: `Contexts lists the servers that you have logged in to from this machine. They
are in a file that only you may read. BEADLE_SERVER, BEADLE_TOKEN and --server go
before the context; --context takes another one for a single command.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return env.listContexts() },
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List them", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return env.listContexts() }},
		contextsUseCmd(env), contextsDeleteCmd(env),
	)
	return cmd
}

// A listedContext is a context without its token.
type listedContext struct {
	Name    string `json:"name"`
	Server  string `json:"server"`
	Person  string `json:"person,omitempty"`
	Current bool   `json:"current,omitempty"`
	Token   bool   `json:"has_token"`
}

func (env *Env) listContexts() error {
	c, err := env.contexts()
	if err != nil {
		return err
	}
	all := []listedContext{}
	for _, name := range slices.Sorted(maps.Keys(c.Contexts)) {
		p := c.Contexts[name]
		all = append(all, listedContext{name, p.Server, p.Person, name == c.Current, p.Token != ""})
	}
	return env.print(all, func() { env.printContexts(all) })
}

func (env *Env) printContexts(all []listedContext) {
	if len(all) == 0 {
		env.hint("You have not logged in anywhere; “jobctl login --server URL” does.")
		return
	}
	t := env.table("context", "server", "person", "state")
	for _, c := range all {
		state := ""
		if c.Current {
			state = "current"
		}
		if !c.Token {
			state = "logged out"
		}
		t.row(c.Name, c.Server, c.Person, state)
	}
	t.end()
}

func contextsUseCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:               "use NAME",
		Short:             "Speak to that server from now on",
		ValidArgsFunction: env.completeContexts,
		Args:              cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			var p place
			err := env.change(func(c *contexts) (err error) {
				c.Current = names[0]
				p, err = c.find(names[0])
				return err
			})
			if err != nil {
				return err
			}
			return env.print(p.Server, func() { env.say("Commands go to %s now.", oneLine(p.Server)) })
		},
	}
}

func contextsDeleteCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:               "delete NAME",
		Short:             "Forget a server and its token; “jobctl logout” revokes the token as well",
		ValidArgsFunction: env.completeContexts,
		Args:              cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			err := env.change(func(c *contexts) error {
				if _, err := c.find(names[0]); err != nil {
					return err
				}
				delete(c.Contexts, names[0])
				if c.Current == names[0] {
					c.Current = ""
				}
				return nil
			})
			if err != nil {
				return err
			}
			return env.print(names[0], func() { env.say("Context %s is forgotten.", oneLine(names[0])) })
		},
	}
}

func (env *Env) completeContexts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	c, err := env.contexts()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return slices.Sorted(maps.Keys(c.Contexts)), cobra.ShellCompDirectiveNoFileComp
}

// client returns the client of the server that commands go to. Where that
// cannot be told it reaches none, and [Run] says why.
func (env *Env) client() *client.Client {
	at, err := env.locate()
	env.lost = err
	return client.New(at.Server, at.Token)
}
