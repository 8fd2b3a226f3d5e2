package job

// Circle returns how a schedule comes after itself in the end: "a", "b", "a";
// nil if it does not. after is what each schedule comes after.
func Circle(after map[string][]string, start string) []string {
	seen := map[string]bool{}
	var from func(path []string) []string
	from = func(path []string) []string {
		for _, next := range after[path[len(path)-1]] {
			switch {
			case next == start:
				return append(path, next)
			case seen[next]:
				continue
			}
			seen[next] = true
			if circle := from(append(path, next)); circle != nil {
				return circle
			}
		}
		return nil
	}
	return from([]string{start})
}
