package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func workerCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "worker", Short: "Tell a worker to take no more jobs"}
	cmd.AddCommand(
		workerOrderCmd(env, "quiet", "Have a worker take no more jobs; it finishes those that it has and stays",
			"takes no more jobs from now on.", (*client.Client).QuietWorker),
		workerOrderCmd(env, "wake", "Have a quiet worker take jobs again",
			"takes jobs again.", (*client.Client).WakeWorker),
		workerOrderCmd(env, "drain", "Have a worker end when the jobs that it has have ended",
			"takes no more jobs, and ends when those that it has have ended.", (*client.Client).DrainWorker),
	)
	return group(cmd)
}

func workerOrderCmd(env *Env, name, short, done string, do func(*client.Client, context.Context, string) (client.Worker, error)) *cobra.Command {
	return &cobra.Command{
		Use:               name + " ID",
		Short:             short,
		Long:              short + ".\nThe id may be a worker's name, if no other has it. It obeys within two seconds.",
		ValidArgsFunction: env.complete(workerIDs),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			c := env.client()
			id, err := workerNamed(cmd.Context(), c, names[0])
			if err != nil {
				return err
			}
			w, err := do(c, cmd.Context(), id)
			if err != nil {
				return err
			}
			return env.print(w, func() { env.say("Worker %s %s", w.Name, done) })
		},
	}
}

// workerNamed returns the id of the worker that a name or an id means.
func workerNamed(ctx context.Context, c *client.Client, name string) (string, error) {
	all, err := c.Workers(ctx)
	if err != nil {
		return "", err
	}
	var found []string
	for _, w := range all {
		if w.ID == name {
			return w.ID, nil
		}
		if w.Name == name {
			found = append(found, w.ID)
		}
	}
	switch len(found) {
	case 0:
		return name, nil // the server says what is wrong with it
	case 1:
		return found[0], nil
	}
	return "", fault.New(fault.Conflict, "several workers are called %s; take an id of jobctl workers -o json", name)
}

func workerIDs(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Workers(ctx)
	return namesOf(all, func(w client.Worker) string { return w.ID + "\t" + w.Name }), err
}
