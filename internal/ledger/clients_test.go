package ledger_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestClientsAreCreatedEditedAndDisabled(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		created, err := l.CreateClient(t.Context(), job.Client{Name: "north-2", Title: "North Campus", Created: noon})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(job.Client{Name: "north-2", Title: "North Campus", Created: noon}, created); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		if _, err := l.EditClient(t.Context(), job.Client{Name: "north-2"}); err != nil {
			t.Fatal(err)
		}
		if err := l.UsableClient(t.Context(), "north-2"); err != nil {
			t.Errorf("not usable: %v", err)
		}
		if _, err := l.DisableClient(t.Context(), "north-2"); err != nil {
			t.Fatal(err)
		}
		all, err := l.Clients(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []job.Client{{Name: "default", Title: "Default"}, {Name: "north-2", Title: "north-2", Disabled: true, Created: noon}}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("clients (-want +got):\n%s", diff)
		}
	})
}

func TestSaysWhyAClientCannotBeUsed(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		if _, err := l.CreateClient(t.Context(), job.Client{Name: "closed", Disabled: true}); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]fault.Kind{"closed": fault.Conflict, "nobody": fault.NotFound} {
			err := l.UsableClient(t.Context(), name)
			if fault.KindOf(err) != want || !strings.Contains(fault.Message(err), `"`+name+`"`) {
				t.Errorf("UsableClient(%s) = %v, want one of kind %s that names it", name, err, want.Code())
			}
		}
	})
}

func TestRefusesToCreateAClient(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for name, want := range map[string]fault.Kind{
			"default":               fault.Conflict,
			"":                      fault.Invalid,
			"North":                 fault.Invalid,
			"a b":                   fault.Invalid,
			"nul\x00":               fault.Invalid,
			strings.Repeat("a", 51): fault.Invalid,
		} {
			if _, err := l.CreateClient(t.Context(), job.Client{Name: name}); fault.KindOf(err) != want {
				t.Errorf("CreateClient(%q) = %v, want kind %s", name, err, want.Code())
			}
		}
		for name, err := range map[string]error{
			"edit":    failure(l.EditClient(t.Context(), job.Client{Name: "nobody"})),
			"disable": failure(l.DisableClient(t.Context(), "nobody")),
		} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v, want not found", name, err)
			}
		}
	})
}
