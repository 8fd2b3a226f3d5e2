package university

import (
	"fmt"
	"strings"
)

// A Size is how large a university is.
type Size struct {
	Name     string
	Students int
	Teachers int
	Sections int
}

// Sizes are the sizes that have a name, the smallest first. There are five
// registrations to a student.
var Sizes = []Size{
	{"tiny", 200, 12, 36},
	{"small", 2_000, 100, 320},
	{"medium", 10_000, 500, 1_600},
	{"large", 50_000, 2_500, 8_000},
	{"xl", 200_000, 10_000, 32_000},
}

// SizeOf returns the size of that name.
func SizeOf(name string) (Size, error) {
	var names []string
	for _, s := range Sizes {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Size{}, fmt.Errorf("there is no size %q; there are %s", name, strings.Join(names, ", "))
}
