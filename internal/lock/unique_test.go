package lock

import (
	"encoding/json"
	"testing"
)

func TestUniquePolicies(t *testing.T) {
	for name, c := range map[string]struct {
		taken [][]any // by whom, before
		ask   []any
		want  []string
	}{
		"free":               {nil, on("unique", "d", "skip", "b"), []string{"mine"}},
		"mine already":       {[][]any{on("unique", "d", "skip", "b")}, on("unique", "d", "reject", "b"), []string{"mine"}},
		"skip":               {[][]any{on("unique", "d", "skip", "a")}, on("unique", "d", "skip", "b"), []string{"skip", "a"}},
		"reject":             {[][]any{on("unique", "d", "reject", "a")}, on("unique", "d", "reject", "b"), []string{"reject", "a"}},
		"queue one":          {[][]any{on("unique", "d", "queue one", "a")}, on("unique", "d", "queue one", "b"), []string{"behind", "a"}},
		"queued already":     {[][]any{on("unique", "d", "queue one", "a"), on("unique", "d", "queue one", "b")}, on("unique", "d", "queue one", "b"), []string{"behind", "a"}},
		"queue one, a third": {[][]any{on("unique", "d", "queue one", "a"), on("unique", "d", "queue one", "b")}, on("unique", "d", "queue one", "c"), []string{"skip", "b"}},
		"replace":            {[][]any{on("unique", "d", "skip", "a")}, on("unique", "d", "replace waiting", "b"), []string{"behind", "a"}},
		"replace, a third":   {[][]any{on("unique", "d", "skip", "a"), on("unique", "d", "queue one", "b")}, on("unique", "d", "replace waiting", "c"), []string{"replaced", "a", "b"}},
		"free again":         {[][]any{on("unique", "d", "skip", "a"), on("ununique", "d", "a")}, on("unique", "d", "skip", "b"), []string{"mine"}},
		"another's end":      {[][]any{on("unique", "d", "skip", "a"), on("ununique", "d", "x")}, on("unique", "d", "skip", "b"), []string{"skip", "a"}},
		"handed on":          {[][]any{on("unique", "d", "skip", "a"), on("unique", "d", "queue one", "b"), on("ununique", "d", "a")}, on("unique", "d", "skip", "c"), []string{"skip", "b"}},
		"handing on":         {[][]any{on("unique", "d", "skip", "a"), on("unique", "d", "queue one", "b")}, on("ununique", "d", "a"), []string{"b"}},
		"waits no more":      {[][]any{on("unique", "d", "skip", "a"), on("unique", "d", "queue one", "b"), on("ununique", "d", "b")}, on("unique", "d", "queue one", "c"), []string{"behind", "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, l lua) {
				answers := l.calls(append(c.taken, c.ask)...)
				var got []string
				for _, raw := range answers[len(answers)-1] {
					var s string
					if err := json.Unmarshal(raw, &s); err != nil {
						t.Fatal(err)
					}
					got = append(got, s)
				}
				expect(t, "answer", c.want, got)
			})
		})
	}
}
