package oneroster_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// A campus is written as a bundle, and its people are read from the folder
// that the bundle is in.
func Example() {
	campus := oneroster.Bundle{
		School: "Beadle University",
		Persons: []sis.Person{
			{Key: "p1", Username: "tess", Given: "Tess", Family: "Miller", Roles: []sis.Role{sis.Teacher}, Enabled: true},
			{Key: "p2", Username: "sam", Given: "Sam", Roles: []sis.Role{sis.Student}, Enabled: true},
		},
	}
	inbox, err := os.MkdirTemp("", "inbox")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(inbox)
	var bundle bytes.Buffer
	if err := oneroster.Write(&bundle, campus); err != nil {
		fmt.Println(err)
		return
	}
	if err := os.WriteFile(filepath.Join(inbox, "monday.zip"), bundle.Bytes(), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	source := oneroster.CSV{Path: inbox}
	snapshot, err := source.Snapshot(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := source.Pull(context.Background(), sis.Request{Snapshot: snapshot, Stream: sis.Persons}, func(r sis.Record) error {
		if r.Problem != nil {
			fmt.Println(r.Where, r.Key, r.Problem.Code, r.Problem)
			return nil
		}
		fmt.Println(r.Where, r.Key, r.Person.Given, r.Person.Roles)
		return nil
	})
	fmt.Println(result.Rows, "rows,", result.Problems, "problem,", err)

	// Output:
	// users.csv:2 p1 Tess [teacher]
	// users.csv:3 p2 REQ_FIELD_MISSING familyName is empty.
	// 2 rows, 1 problem, <nil>
}
