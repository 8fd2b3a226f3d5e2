package cli

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/fault"
)

func campusCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "campus",
		Short: "Simulators to rehearse a sync with",
	}
	cmd.AddCommand(campusMoodleCmd(env), campusGenerateCmd(env), campusServeCmd(env))
	return group(cmd)
}

// moodleOptions say what the simulated Moodle is like.
type moodleOptions struct {
	listen, token string
	courses       []string
	latency       time.Duration
}

func campusMoodleCmd(env *Env) *cobra.Command {
	var o moodleOptions
	cmd := &cobra.Command{
		Use:   "moodle",
		Short: "Serve a simulated Moodle, to rehearse a sync without a real one",
		Long: `Moodle serves a simulated Moodle until it is stopped: the web services that a
sync uses, answering as a real one does. It starts empty but for the courses
that --course names, and forgets everything at the end. Its page shows what it
holds; /simulator/state.json is the same as data.`,
		Example: `  jobctl campus moodle --course ORIENT-2026FA
  targets: {moodle: {driver: moodle, url: http://127.0.0.1:8081, token_file: ./moodle.token}}`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serveMoodle(cmd.Context(), env, o) },
	}
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8081", "where to serve")
	cmd.Flags().StringVar(&o.token, "token", "demo", "the web-service token that it accepts")
	cmd.Flags().StringSliceVar(&o.courses, "course", nil, "short name of a course that exists; may be repeated")
	cmd.Flags().DurationVar(&o.latency, "latency", 0, "how long each call takes")
	return cmd
}

func serveMoodle(ctx context.Context, env *Env, o moodleOptions) error {
	site := moodlesim.New(moodlesim.Options{Token: o.token})
	for _, name := range o.courses {
		site.AddCourse(moodlesim.Course{Shortname: name, Fullname: name, Idnumber: name, Category: 1})
	}
	site.SetFaults(moodlesim.Faults{Latency: o.latency})
	return env.simulate(ctx, o.listen, site, func(addr net.Addr) string { return fmt.Sprintf("A simulated Moodle is at http://%s", addr) })
}

// simulate serves a simulator until ctx is done, and says where it is.
func (env *Env) simulate(ctx context.Context, listen string, simulator http.Handler, welcome func(net.Addr) string) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fault.New(fault.Unavailable, "Cannot listen on %s: is something else using it?", listen).Because(err)
	}
	fmt.Fprintln(env.Out, welcome(l.Addr()))
	server := &http.Server{Handler: simulator, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	_ = server.Serve(l) // ends when the command is stopped
	return nil
}
