package ledger_test

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// baseline is the last change of the schema to which the rule for two versions
// on one ledger does not apply.
const baseline = 29

func TestChangesOfTheSchemaLeaveOlderProgramsWhatTheyUse(t *testing.T) {
	files, err := fs.Glob(os.DirFS("migrations"), "*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if numberOf(t, file) <= baseline {
			continue
		}
		text, err := os.ReadFile("migrations/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range breaks(string(text)) {
			t.Errorf("%s: %s", file, wrong)
		}
	}
}

func TestTheRuleForChangesOfTheSchemaFindsWhatBreaksOlderPrograms(t *testing.T) {
	for text, fine := range map[string]bool{
		"CREATE TABLE a (b TEXT NOT NULL);":                          true,
		"ALTER TABLE jobs ADD COLUMN b TEXT NOT NULL DEFAULT '';":    true,
		"ALTER TABLE jobs ADD COLUMN b BIGINT;":                      true,
		"CREATE INDEX jobs_b ON jobs (b);":                           true,
		"DROP INDEX jobs_b;":                                         true,
		"CREATE TABLE a (b TEXT); CREATE UNIQUE INDEX a_b ON a (b);": true,
		"-- second step of 0031\n-- +goose Up\nALTER TABLE jobs DROP COLUMN b; UPDATE meta SET value = '31' WHERE name = 'needs';": true,
		"ALTER TABLE jobs ADD COLUMN b TEXT NOT NULL;":                                             false,
		"alter table jobs\n  drop column b;":                                                       false,
		"DROP TABLE jobs;":                                                                         false,
		"ALTER TABLE jobs RENAME COLUMN a TO b;":                                                   false,
		"ALTER TABLE jobs RENAME TO work;":                                                         false,
		"ALTER TABLE jobs ALTER COLUMN a TYPE BIGINT;":                                             false,
		"CREATE UNIQUE INDEX jobs_b ON jobs (b);":                                                  false,
		"CREATE TRIGGER a AFTER INSERT ON jobs BEGIN SELECT 1; END;":                               false,
		"-- second step of 0031\nALTER TABLE jobs DROP COLUMN b;":                                  false, // does not say what it needs
		"-- second step of 0031\nDROP TABLE b; UPDATE meta SET value = '30' WHERE name = 'needs';": false, // needs too little
	} {
		if wrong := breaks(text); (len(wrong) == 0) != fine {
			t.Errorf("%s\nfine is %v, but it is said: %q", text, fine, wrong)
		}
	}
}

func TestAProgramGoesOnWithALedgerThatANewerOneHasAddedTo(t *testing.T) {
	for name, location := range locations {
		t.Run(name, func(t *testing.T) {
			at := location(t)
			running := open(t, at)
			apply(t, running, 9001, `ALTER TABLE jobs ADD COLUMN later TEXT NOT NULL DEFAULT ''`)
			started := open(t, at)
			tell(t, running, aFailureAndASuccess())
			if got := read(t, started, "a"); got.ID != "a" {
				t.Errorf("it reads %+v", got)
			}
		})
	}
}

func TestAProgramRefusesALedgerThatLacksWhatItUses(t *testing.T) {
	for name, location := range locations {
		t.Run(name, func(t *testing.T) {
			at := location(t)
			l := open(t, at)
			apply(t, l, 9002, `UPDATE meta SET value = '9001' WHERE name = 'needs'`)
			_, err := ledger.Open(t.Context(), at)
			if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Message(err), "9001 is the least that is needed") {
				t.Errorf("opening it says %v", err)
			}
		})
	}
}

// apply changes the schema as a newer program would.
func apply(t *testing.T, l *ledger.Ledger, version int, statement string) {
	t.Helper()
	done := fmt.Sprintf(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, true)`, version)
	if err := cmp.Or(l.Exec(t.Context(), statement), l.Exec(t.Context(), done)); err != nil {
		t.Fatal(err)
	}
}

func numberOf(t *testing.T, file string) int {
	t.Helper()
	digits, _, _ := strings.Cut(file, "_")
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatalf("%s has no number", file)
	}
	return n
}

var (
	secondStep  = regexp.MustCompile(`(?m)^-- second step of 0*(\d+)$`)
	raisesNeeds = regexp.MustCompile(`UPDATE meta SET value = '(\d+)' WHERE name = 'needs'`)
	remarks     = regexp.MustCompile(`(?m)--.*$`)
	makesTable  = regexp.MustCompile(`CREATE TABLE (\w+)`)
	uniqueIndex = regexp.MustCompile(`CREATE UNIQUE INDEX \w+ ON (\w+)`)
	harm        = regexp.MustCompile(`(?i)\bDROP (TABLE|COLUMN|VIEW)\b|\bRENAME\b|\bALTER COLUMN\b|\bCREATE (CONSTRAINT )?TRIGGER\b|\bADD CONSTRAINT\b`)
	addsColumn  = regexp.MustCompile(`(?i)ADD COLUMN.*NOT NULL`)
)

// breaks says what a change of the schema does to programs that do not know it
// yet, unless it is the second step of a change that they know.
func breaks(text string) (wrong []string) {
	up, _, _ := strings.Cut(text, "-- +goose Down")
	if first := secondStep.FindStringSubmatch(up); first != nil {
		least := raisesNeeds.FindStringSubmatch(up)
		if least == nil || atoi(least[1]) < atoi(first[1]) {
			wrong = append(wrong, "a second step must set what programs need to know, in meta, to the number of the first")
		}
		return wrong
	}
	made := map[string]bool{}
	for statement := range strings.SplitSeq(remarks.ReplaceAllString(up, ""), ";") {
		statement = strings.Join(strings.Fields(statement), " ")
		if table := makesTable.FindStringSubmatch(statement); table != nil {
			made[table[1]] = true
		}
		index := uniqueIndex.FindStringSubmatch(statement)
		switch {
		case harm.MatchString(statement):
			wrong = append(wrong, "older programs still use what this takes away or changes; leave it, and take it away one version later: "+statement)
		case addsColumn.MatchString(statement) && !strings.Contains(strings.ToUpper(statement), "DEFAULT"):
			wrong = append(wrong, "older programs do not fill this column; give it a default: "+statement)
		case index != nil && !made[index[1]]:
			wrong = append(wrong, "older programs may write what this refuses: "+statement)
		}
	}
	return wrong
}

func atoi(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
