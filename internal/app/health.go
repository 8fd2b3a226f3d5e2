package app

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// HealthCmd is a command of a [Process] that asks one of that name whether it is
// ready, for health checks of containers that have no other program. It asks at
// usual unless it is told where.
func HealthCmd(name, usual string) *cobra.Command {
	return &cobra.Command{
		Use:   "health [URL]",
		Short: "Ask a " + name + " whether it is ready, by default the one at " + usual,
		Args:  usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			url := usual
			if len(args) == 1 {
				url = strings.TrimSuffix(args[0], "/")
			}
			return ready(cmd, name, url)
		},
	}
}

func ready(cmd *cobra.Command, name, url string) error {
	request, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return fault.New(fault.Invalid, "%q is not the address of a %s.", url, name).Because(err)
	}
	answer, err := asker(request.URL.Hostname()).Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, "The %s at %s does not answer.", name, url).Because(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fault.New(fault.Unavailable, "The %s at %s is not ready. %s", name, url, reasons(answer.Body))
	}
	fmt.Fprintln(cmd.OutOrStdout(), "ready")
	return nil
}

// asker returns the client that asks host. A process of this machine may show
// any certificate: it has the names by which others ask.
func asker(host string) *http.Client {
	own := &tls.Config{InsecureSkipVerify: config.OnLoopback(net.JoinHostPort(host, "0"))}
	return &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{TLSClientConfig: own}}
}

// reasons are why a process is not ready, as it says itself.
func reasons(answer io.Reader) string {
	var r client.Readiness
	if err := json.NewDecoder(answer).Decode(&r); err != nil || len(r.Reasons) == 0 {
		return "It does not say why."
	}
	return strings.Join(r.Reasons, " ")
}
