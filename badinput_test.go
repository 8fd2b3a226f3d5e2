package beadle_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// badInputs is how many bad inputs there are whose right outcome is laid down.
const badInputs = 40

// Tests begin with the number of the bad input that they are about, so that
// each can be found: grep -rn '"row 12:' --include='*_test.go' .
func TestEachBadInputHasATestThatNamesIt(t *testing.T) {
	named := map[string]bool{}
	row := regexp.MustCompile(`"row (\d+): `)
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range row.FindAllStringSubmatch(string(text), -1) {
			named[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= badInputs; n++ {
		if !named[strconv.Itoa(n)] {
			t.Errorf("no test is named after row %d of the bad inputs", n)
		}
	}
	if len(named) > badInputs {
		t.Errorf("tests name %d rows; there are %d", len(named), badInputs)
	}
}
