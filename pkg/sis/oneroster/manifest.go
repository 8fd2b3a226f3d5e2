package oneroster

import "strings"

const manifestFile = "manifest.csv"

// manifestProperty is how the manifest calls the mode of a file.
func manifestProperty(file string) string {
	return "file." + strings.TrimSuffix(file, ".csv")
}
