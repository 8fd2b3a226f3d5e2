package backup_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/backup"
	"github.com/beadle-jobs/beadle/internal/fault"
)

var made = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)

// written returns a backup of two tables.
func written(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, backup.Head{Schema: 30, Made: made, Program: "v1.2.3", Database: "SQLite"})
	must(t, err)
	must(t, w.Table("clients", []string{"name", "title"}))
	must(t, w.Row([]any{"north", "Nördliche <Schule>\n"}))
	must(t, w.Table("jobs", []string{"id", "due_at", "ended_at"}))
	must(t, w.Row([]any{"a", int64(1) << 62, nil}))
	must(t, w.Row([]any{"b", int64(-1), int64(7)}))
	_, err = w.End()
	must(t, err)
	return out.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// taken are the rows that a backup handed over.
type taken struct {
	Tables []string
	Rows   [][]any
}

func (k *taken) Table(name string, columns []string) error {
	k.Tables = append(k.Tables, name+": "+strings.Join(columns, ", "))
	return nil
}

func (k *taken) Row(values []any) error {
	k.Rows = append(k.Rows, append([]any(nil), values...))
	return nil
}

func TestABackupComesBackAsItWasWritten(t *testing.T) {
	var got taken
	head, tail, err := backup.Read(bytes.NewReader(written(t)), func(backup.Head) (backup.Rows, error) { return &got, nil })
	must(t, err)
	want := taken{
		Tables: []string{"clients: name, title", "jobs: id, due_at, ended_at"},
		Rows:   [][]any{{"north", "Nördliche <Schule>\n"}, {"a", int64(1) << 62, nil}, {"b", int64(-1), int64(7)}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it holds (-want +got):\n%s", diff)
	}
	if head.Schema != 30 || !head.Made.Equal(made) || tail.Total() != 3 || tail.Rows["jobs"] != 2 {
		t.Errorf("it says %+v and %+v", head, tail)
	}
}

func TestADamagedBackupIsRefused(t *testing.T) {
	plain := string(unzipped(t, written(t)))
	for name, tt := range map[string]struct {
		file []byte
		want string
	}{
		"no file":           {nil, "is not a backup"},
		"another file":      {[]byte("PK\x03\x04 a zip"), "is not a backup"},
		"another gzip":      {zipped(t, "hello\n"), "is not a backup"},
		"cut off":           {written(t)[:len(written(t))/2], "it breaks off"},
		"cut at a line":     {zipped(t, plain[:strings.LastIndex(plain, `["b"`)]), "it breaks off"},
		"a changed value":   {zipped(t, strings.Replace(plain, `"b",-1`, `"b",-2`, 1)), "its checksum is not"},
		"a changed head":    {zipped(t, strings.Replace(plain, `"schema":30`, `"schema":29`, 1)), "its checksum is not"},
		"a row too few":     {zipped(t, strings.Replace(plain, "[\"b\",-1,7]\n", "", 1)), "its checksum is not"},
		"a changed count":   {zipped(t, strings.Replace(plain, `"jobs":2`, `"jobs":3`, 1)), "the rows that it says"},
		"a wrong width":     {zipped(t, strings.Replace(plain, `["b",-1,7]`, `["b",-1]`, 1)), "a row is not"},
		"a fraction":        {zipped(t, strings.Replace(plain, `-1,7`, `-1,7.5`, 1)), "a number is none"},
		"a list in a value": {zipped(t, strings.Replace(plain, `-1,7`, `-1,[]`, 1)), "neither text nor a number"},
		"more at its end":   {zipped(t, plain+"[]\n"), "more behind its end"},
		"a newer format":    {zipped(t, strings.Replace(plain, `"beadle_backup":1`, `"beadle_backup":2`, 1)), "is of format 2"},
		"a flipped bit":     {flipped(written(t)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := backup.Check(bytes.NewReader(tt.file))
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), tt.want) {
				t.Errorf("it is said: %v; want %q", err, tt.want)
			}
		})
	}
}

func flipped(file []byte) []byte {
	file[len(file)/2] ^= 4
	return file
}

func zipped(t testing.TB, plain string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write([]byte(plain))
	must(t, err)
	must(t, w.Close())
	return out.Bytes()
}

func unzipped(t testing.TB, file []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(file))
	must(t, err)
	plain, err := io.ReadAll(r)
	must(t, err)
	return plain
}

func FuzzCheck(f *testing.F) {
	f.Add(unzipped(f, written(f)))
	f.Add([]byte("{\"beadle_backup\":1}\n{\"table\":\"a\",\"columns\":[\"b\"]}\n[1]\n"))
	f.Fuzz(func(t *testing.T, plain []byte) {
		_, tail, err := backup.Check(bytes.NewReader(zipped(t, string(plain))))
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("it is said: %v", err)
		}
		if err == nil && len(tail.SHA256) != 64 {
			t.Errorf("it is whole without a checksum")
		}
	})
}
