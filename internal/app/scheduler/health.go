package scheduler

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// healthCmd asks a scheduler whether it is ready, for health checks of
// containers that have no other program.
func healthCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "health [URL]",
		Short: "Ask a scheduler whether it is ready, by default the one at http://127.0.0.1:8080",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			url := "http://127.0.0.1:8080"
			if len(args) == 1 {
				url = args[0]
			}
			return ready(cmd, url)
		},
	}
}

func ready(cmd *cobra.Command, url string) error {
	request, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return fault.New(fault.Invalid, "%q is not the address of a scheduler.", url).Because(err)
	}
	answer, err := (&http.Client{Timeout: 3 * time.Second}).Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, "The scheduler at %s does not answer.", url).Because(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fault.New(fault.Unavailable, "The scheduler at %s is not ready. %s", url, reasons(answer.Body))
	}
	fmt.Fprintln(cmd.OutOrStdout(), "ready")
	return nil
}

// reasons are why a scheduler is not ready, as it says itself.
func reasons(answer io.Reader) string {
	var r client.Readiness
	if err := json.NewDecoder(answer).Decode(&r); err != nil || len(r.Reasons) == 0 {
		return "It does not say why."
	}
	return strings.Join(r.Reasons, " ")
}
