package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func loginCmd(env *Env) *cobra.Command {
	var token bool
	var machine string
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Log in to a server, and speak to it from now on",
		Long: `Login prints a code. Open the page it names, on any machine, sign in and type
the code: that gives jobctl on this machine a token of yours, good for 90 days.
With --token it reads a token from standard input instead, and checks it.

What it has is kept as a context, called after the server unless --context gives
it a name. “jobctl logout” revokes the token.`,
		Example: `  jobctl login --server https://jobs.example.edu
  jobctl login --server https://jobs.example.edu --context prod --token < token.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, name, err := env.newContext()
			if err != nil {
				return err
			}
			secret, err := env.obtain(cmd.Context(), server, machine, token)
			if err != nil {
				return err
			}
			return env.enter(cmd.Context(), name, server, secret)
		},
	}
	cmd.Flags().BoolVar(&token, "token", false, "read a token from standard input")
	cmd.Flags().StringVar(&machine, "machine", "", "what to call this machine (default: its host name)")
	return cmd
}

// newContext returns the server to log in to, and what to call it.
func (env *Env) newContext() (server, name string, err error) {
	saved, err := env.contexts()
	if err != nil {
		return "", "", err
	}
	known := saved.Contexts[cmp.Or(env.context, saved.Current)]
	server = strings.TrimRight(cmp.Or(env.server, env.Getenv("BEADLE_SERVER"), known.Server, defaultServer), "/")
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.User != nil {
		return "", "", fault.New(fault.Invalid, "%q is not the URL of a server; write it as https://jobs.example.edu", server).In("server")
	}
	return server, cmp.Or(env.context, u.Host), nil
}

// obtain returns a token: of standard input, or for which a person answers.
func (env *Env) obtain(ctx context.Context, server, machine string, given bool) (string, error) {
	if !given {
		return env.letIn(ctx, client.New(server, ""), machine)
	}
	raw, err := io.ReadAll(io.LimitReader(env.In, 4096))
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", fault.New(fault.Invalid, "there is no token on standard input; it is one word")
	}
	return token, nil
}

// letIn asks for a code, shows it, and waits until a person has decided.
func (env *Env) letIn(ctx context.Context, c *client.Client, machine string) (string, error) {
	if machine == "" {
		machine, _ = os.Hostname() // an unnamed machine has a name below
	}
	d, err := c.StartDeviceLogin(ctx, cmp.Or(machine, "a machine without a name"))
	if err != nil {
		return "", err
	}
	env.hint("Open %s and type the code %s within %s.", oneLine(d.URI), oneLine(d.UserCode), span(time.Duration(d.ExpiresIn)*time.Second))
	wait := time.Duration(d.Interval) * time.Second
	for {
		if err := pause(ctx, max(wait, env.Poll)); err != nil {
			return "", err
		}
		a, err := c.PollDeviceLogin(ctx, d.DeviceCode)
		if err != nil {
			return "", err
		}
		switch a.Status {
		case client.DeviceApproved:
			return a.Secret, nil
		case client.DevicePending, client.DeviceSlowDown:
			wait = a.Wait()
		case client.DeviceDenied:
			return "", fault.New(fault.Denied, "the login was refused at the page")
		default:
			return "", fault.New(fault.Conflict, "the code has expired; log in again")
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// enter checks a token, and keeps it as the context to use.
func (env *Env) enter(ctx context.Context, name, server, token string) error {
	who, err := client.New(server, token).Whoami(ctx)
	if err != nil {
		return err
	}
	err = env.change(func(c *contexts) error {
		c.Current, c.Contexts[name] = name, place{Server: server, Person: who.Name, Token: token}
		return nil
	})
	if err != nil {
		return err
	}
	return env.print(who, func() {
		env.say("You are %s at %s: %s.", oneLine(who.Name), oneLine(server), rightsOf(who))
		env.hint("Kept as context %s.", oneLine(name))
	})
}

func logoutCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Revoke the token of the context, and forget it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			saved, err := env.contexts()
			if err != nil {
				return err
			}
			name := cmp.Or(env.context, saved.Current)
			p := saved.Contexts[name]
			if p.Token == "" {
				return fault.New(fault.Conflict, "you are not logged in")
			}
			revoked := revoke(cmd.Context(), client.New(p.Server, p.Token))
			if err := env.forget(name); err != nil {
				return err
			}
			if revoked != nil {
				env.hint("The server did not revoke it: %s", env.sentence(revoked))
			}
			return env.print(name, func() { env.say("You are logged out of %s.", oneLine(p.Server)) })
		},
	}
}

// revoke ends the token that c comes with. One that is none of a person's, such
// as that of the installation, is not ended.
func revoke(ctx context.Context, c *client.Client) error {
	who, err := c.Whoami(ctx)
	if err != nil || who.Token == "" {
		return err
	}
	_, err = c.RevokeToken(ctx, who.Token)
	return err
}

// forget forgets the token of a context.
func (env *Env) forget(name string) error {
	return env.change(func(c *contexts) error {
		p := c.Contexts[name]
		p.Token = ""
		c.Contexts[name] = p
		return nil
	})
}
