package sqlsource

import (
	"fmt"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Contract is what the query of a stream must have, and what it may have.
type Contract struct{ Required, Optional []string }

// Columns are the columns of each stream. Every query may have updated_at,
// version and deleted besides.
var Columns = map[sis.Stream]Contract{
	sis.Terms:         {[]string{"id", "title", "start_date", "end_date"}, []string{"kind", "parent_id"}},
	sis.Persons:       {[]string{"id", "username", "given_name", "family_name"}, []string{"email", "roles", "enabled"}},
	sis.Sections:      {[]string{"id", "title", "term_ids"}, []string{"code", "course", "school", "provider", "extract", "time_zone"}},
	sis.Registrations: {[]string{"section_id", "person_id", "role"}, []string{"id", "begin_date", "end_date"}},
}

// columns says at which place of a row which column is.
type columns map[string]int

// columnsOf checks the columns of a query against the contract.
func columnsOf(stream sis.Stream, found []string) (columns, error) {
	at := columns{}
	for i, name := range found {
		name = strings.ToLower(name)
		if _, twice := at[name]; twice {
			return nil, refused("The query for %s has the column %s twice.", stream, name)
		}
		at[name] = i
	}
	for _, name := range Columns[stream].Required {
		if _, ok := at[name]; !ok {
			return nil, refused("The query for %s lacks the column %s. Its columns are: %s.", stream, name, strings.Join(slices.Clip(found), ", "))
		}
	}
	return at, nil
}

func (c columns) has(name string) bool {
	_, ok := c[name]
	return ok
}

// refused says that a query is not read at all.
func refused(format string, args ...any) *sis.Error {
	return &sis.Error{Code: "SRC_SCHEMA", Message: fmt.Sprintf(format, args...)}
}
