package testservers_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestAnotherTakesThePlaceOfAMasterThatIsGone(t *testing.T) {
	for name, begin := range map[string]func(testing.TB, ...string) *testservers.Group{
		"Sentinels": testservers.Sentinels, "Cluster": testservers.Cluster,
	} {
		for way, leave := range map[string]func(*testservers.Node){"killed": (*testservers.Node).Kill, "frozen": (*testservers.Node).Freeze} {
			t.Run(name+" whose master is "+way, func(t *testing.T) {
				t.Parallel()
				g := begin(t)
				was := g.Master("key")
				if err := was.Client().Set(t.Context(), "key", "value", 0).Err(); err != nil {
					t.Fatal(err)
				}
				if err := was.Client().Wait(t.Context(), 1, 0).Err(); err != nil {
					t.Fatal(err)
				}
				leave(was)
				is := g.Master("key", was)
				if got, err := is.Client().Get(t.Context(), "key").Result(); got != "value" {
					t.Errorf("%s has %q, %v", is.Addr, got, err)
				}
			})
		}
	}
}
