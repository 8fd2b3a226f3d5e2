package oneroster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

const zoe = userColumns + "a,true,student,zoe,Zoë,Ångström – “Z”,zoe@campus.example\nb" + goodUser

func TestReadsFilesOfManyForms(t *testing.T) {
	utf16 := func(order unicode.Endianness) string {
		text, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(zoe)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	windows, err := charmap.Windows1252.NewEncoder().String(zoe)
	if err != nil {
		t.Fatal(err)
	}
	const read = "The file users.csv is not quite as OneRoster says, and was read all the same: "
	for name, test := range map[string]struct{ text, warning string }{
		"UTF-8":                 {zoe, ""},
		"CR LF":                 {strings.ReplaceAll(zoe, "\n", "\r\n"), ""},
		"byte order mark":       {"\uFEFF" + zoe, read + "it begins with a byte order mark."},
		"UTF-16 little endian":  {utf16(unicode.LittleEndian), read + "it is UTF-16, not UTF-8."},
		"UTF-16 big endian":     {utf16(unicode.BigEndian), read + "it is UTF-16, not UTF-8."},
		"Windows-1252":          {windows, read + "it is Windows-1252, not UTF-8."},
		"semicolons":            {strings.ReplaceAll(zoe, ",", ";"), read + "semicolons separate its columns."},
		"tabs":                  {strings.ReplaceAll(zoe, ",", "\t"), read + "tabs separate its columns."},
		"column names in caps":  {strings.ToUpper(userColumns) + strings.TrimPrefix(zoe, userColumns), read + "its column names are in other letter case, or have blanks around them."},
		"blanks around columns": {strings.ReplaceAll(userColumns, ",", " , ") + strings.TrimPrefix(zoe, userColumns), read + "its column names are in other letter case, or have blanks around them."},
		"quoted column names":   {`"sourcedId"` + strings.TrimPrefix(zoe, "sourcedId"), ""},
		"columns of others":     {"metadata.x,shoeSize,metadata.x,," + userColumns + strings.ReplaceAll("1,2,3,4,a,true,student,zoe,Zoë,Ångström – “Z”,zoe@campus.example\n1,2,3,4,b"+goodUser, "\r", ""), ""},
		"several at once":       {"\uFEFF" + strings.ReplaceAll(zoe, ",", ";"), read + "it begins with a byte order mark; semicolons separate its columns."},
	} {
		t.Run("row 24: "+name, func(t *testing.T) {
			got := persons(t, test.text)
			who := got.people()
			if len(who) != 2 || who[0].Given != "Zoë" || who[0].Family != "Ångström – “Z”" {
				t.Fatalf("people = %+v, problems %q", who, got.problems())
			}
			if got.records[0].Warning != test.warning || got.records[1].Warning != "" {
				t.Errorf("warnings = %q, want %q once", got.warnings(), test.warning)
			}
		})
	}
}

func TestRowsThatAreNotTextAreProblems(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"NUL":               {userColumns + "a,true,student,sam,S\x00m,Okafor,\nb" + goodUser, []string{"users.csv:2 a ENCODING"}},
		"NUL in the id":     {userColumns + "a\x00,true,student,sam,Sam,Okafor,\nb" + goodUser, []string{"users.csv:2 ENCODING"}},
		"two encodings":     {userColumns + "a,true,student,sam,Zo\xeb,Okafor,\nb,true,student,zoe,Zoë,Okafor,\n", []string{"users.csv:2 a ENCODING"}},
		"no known encoding": {userColumns + "a,true,student,sam,S\x81\x8dm,Okafor,\nb" + goodUser, []string{"users.csv:2 a ENCODING"}},
	} {
		t.Run("row 24: "+name, func(t *testing.T) {
			got := persons(t, test.text)
			if diff := cmp.Diff(test.want, got.problems()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if len(got.people()) != 1 {
				t.Errorf("people = %+v, want the good one", got.people())
			}
		})
	}
}

func TestReadsFilesInAFolderOfTheZip(t *testing.T) {
	files := map[string]string{"__MACOSX/export/._users.csv": "junk", "export/readme.txt": "Hello"}
	for name, text := range campus {
		files["export/"+strings.ToUpper(name)] = text
	}

	got := pull(t, source(t, files), sis.Persons)

	if diff := cmp.Diff([]string{"p1", "p2"}, got.keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if got.records[0].Where != "users.csv:2" {
		t.Errorf("where = %q, want users.csv:2", got.records[0].Where)
	}
}

func TestTheManifestSaysWhatABundleHolds(t *testing.T) {
	const head = "propertyName,value\nmanifest.version,1.0\n"
	for name, test := range map[string]struct {
		files    map[string]string
		rows     int
		complete bool
	}{
		"no manifest":          {campus, 2, true},
		"bulk":                 {with("manifest.csv", head+"file.users,bulk\n"), 2, true},
		"in other letter case": {with("manifest.csv", head+"File.Users, Bulk \n"), 2, true},
		"delta":                {with("manifest.csv", head+"file.users,delta\n"), 2, false},
		"absent but there":     {with("manifest.csv", head+"file.users,absent\n"), 2, false},
		"nothing about it":     {with("manifest.csv", head), 2, false},
		"a word nobody knows":  {with("manifest.csv", head+"file.users,some\n"), 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := pull(t, source(t, test.files), sis.Persons)
			if got.Rows != test.rows || got.Complete != test.complete {
				t.Errorf("%d rows, complete %t; want %d, %t", got.Rows, got.Complete, test.rows, test.complete)
			}
		})
	}
	t.Run("absent", func(t *testing.T) {
		files := with("users.csv", "")
		files["manifest.csv"] = head + "file.users,absent\nfile.enrollments,delta\n"
		if got := pull(t, source(t, files), sis.Persons); got.Rows != 0 || got.Complete {
			t.Errorf("%d rows, complete %t; want none and not complete", got.Rows, got.Complete)
		}
		if got := pull(t, source(t, files), sis.Registrations); got.Rows != 2 {
			t.Errorf("%d registrations, want 2", got.Rows)
		}
	})
}
