package roster

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsArrangedIsWhereTheOrderSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "n")
		numbers := make([]int, n)
		for i := range numbers {
			numbers[i] = i
		}
		order := rapid.Permutation(numbers).Draw(t, "order")
		want := slices.Clone(order)
		all := slices.Clone(numbers)
		arrange(all, order)
		if !slices.Equal(all, want) {
			t.Errorf("arranged as %v is %v", want, all)
		}
	})
}
