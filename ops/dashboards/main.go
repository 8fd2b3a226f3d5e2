// Dashboards writes the dashboards of Grafana from their description in this
// folder: one file for each reader, with panels as values. Titles say what is
// shown, and every panel says what it means and what to do about it.
//
//	go generate ./ops/dashboards
//
// writes deploy/grafana/dashboards, and a test fails while those files are out
// of date. Nobody edits them by hand, and Grafana does not let people either.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . ../../deploy/grafana/dashboards

// boards are all dashboards.
func boards() []board { return []board{operator(), administrator(), campus()} }

func main() {
	for _, b := range boards() {
		if err := os.WriteFile(filepath.Join(os.Args[1], b.file()), b.render(), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
