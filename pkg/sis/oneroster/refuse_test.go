package oneroster_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

func TestRefusesHalfAFile(t *testing.T) {
	for name, cut := range map[string]string{
		"in the middle of a row":            userColumns + "a" + goodUser + "b,true,student",
		"in quotes":                         userColumns + "a" + goodUser + "b,true,student,\"sam",
		"in the second line of a cell":      userColumns + "a" + goodUser + "b,true,student,sam,\"Sa\nm",
		"in the header":                     "sourcedId,enabledUser,ro",
		"in the only row":                   userColumns + "a",
		"where a line ends all the same":    userColumns + "a" + goodUser + "b,true\n",
		"where a line ends with CR LF":      userColumns + "a" + goodUser + "b,true\r\n",
		"and blank lines follow":            userColumns + "a" + goodUser + "b,true\n\n\n",
		"before its header":                 " ",
		"so that only a byte order mark is": "\uFEFF",
	} {
		t.Run("row 4: half a file, cut "+name, func(t *testing.T) {
			wantRefused(t, pullFrom(t.Context(), source(t, with("users.csv", cut)), sis.Persons), "campus.zip", "users.csv")
		})
	}
	t.Run("beside the one that is pulled", func(t *testing.T) {
		files := with("roles.csv", "sourcedId,userSourcedId,role\nr1,p1,wizard\nr2,p")
		wantRefused(t, pullFrom(t.Context(), source(t, files), sis.Persons), "roles.csv", "line 3")
	})
	t.Run("but not another stream", func(t *testing.T) {
		got := pull(t, source(t, with("users.csv", userColumns+"a")), sis.Registrations)
		if got.Rows != 2 {
			t.Errorf("%d registrations, want 2", got.Rows)
		}
	})
}

func TestAcceptsALastLineWithoutAnEnd(t *testing.T) {
	for _, end := range []string{"", "\n", "\r\n", "\r", "\n\r\n"} {
		got := persons(t, userColumns+"a"+strings.TrimSuffix(goodUser, "\n")+end)
		if who := got.people(); len(who) != 1 || who[0].Email != "sam@campus.example" {
			t.Errorf("end %q: people = %+v", end, who)
		}
		got = persons(t, userColumns+"a,true,student,sam,Sam,\"Okafor\",\"\""+end)
		if who := got.people(); len(who) != 1 || who[0].Email != "" {
			t.Errorf("end %q after quotes: people = %+v, problems %q", end, who, got.problems())
		}
	}
}

func TestRefusesHalfAZip(t *testing.T) {
	whole := zipped(t, campus)
	for _, size := range []int{0, 1, 100, len(whole) / 2, len(whole) - 1} {
		t.Run(fmt.Sprint("row 4: half a zip, bytes ", size), func(t *testing.T) {
			_, err := oneroster.CSV{Path: saved(t, whole[:size])}.Snapshot(t.Context())
			wantRefused(t, roster{err: err}, "campus.zip", "not a whole zip")
		})
	}
}

func TestRefusesAZipThatWasDamaged(t *testing.T) {
	data := zipped(t, campus)
	at := bytes.Index(data, []byte("users.csv")) + len("users.csv")
	data[at+40] ^= 0xFF

	_, err := oneroster.CSV{Path: saved(t, data)}.Snapshot(t.Context())

	wantRefused(t, roster{err: err}, "users.csv is damaged")
}

func TestRefusesFilesThatAreNotAsTheyMustBe(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		words []string
	}{
		"no users": {with("users.csv", ""), []string{"no users.csv"}},
		"a column is missing": {
			with("users.csv", "sourcedId,enabledUser,username,givenName,familyName,mail\na,true,sam,Sam,Okafor,\n"),
			[]string{"users.csv lacks the column email", "Its columns are: sourcedId, enabledUser, username, givenName, familyName, mail."},
		},
		"a column is there twice": {
			with("users.csv", "sourcedId,email,"+userColumns+"a,,a"+goodUser), []string{"users.csv", "sourcedId twice"},
		},
		"a row is longer than a MiB": {
			with("users.csv", userColumns+"a"+goodUser+"b,true,student,sam,"+strings.Repeat("Sam", 400_000)+",Okafor,\n"),
			[]string{"users.csv", "line 3", "1 MiB"},
		},
		"a quoted row is longer than a MiB": {
			with("users.csv", userColumns+"b,true,student,sam,\""+strings.Repeat("Sam", 400_000)+"\",Okafor,\n"),
			[]string{"users.csv", "line 2", "1 MiB"},
		},
		"the header is longer than a MiB": {with("users.csv", strings.Repeat("sourcedId,", 150_000)), []string{"users.csv"}},
		"a quote in the header":           {with("users.csv", "\"sourcedId\n"), []string{"users.csv"}},
		"the manifest is cut":             {with("manifest.csv", "propertyName,value\nfile.users"), []string{"manifest.csv", "line 2"}},
		"the file is UTF-16 unmarked":     {with("users.csv", spaced(userColumns+"a"+goodUser)), []string{"users.csv lacks the column"}},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefused(t, pullFrom(t.Context(), storedSource(t, test.files), sis.Persons), test.words...)
		})
	}
}

func TestDoesNotTellDataForColumnNames(t *testing.T) {
	got := pullFrom(t.Context(), source(t, with("users.csv", "a"+goodUser+"b"+goodUser)), sis.Persons)

	wantRefused(t, got, "users.csv lacks the column sourcedId; its first line does not name columns.")
}

// storedSource is a source of a zip that packs nothing, so that long texts of
// one letter are no bomb.
func storedSource(t *testing.T, files map[string]string) oneroster.CSV {
	t.Helper()
	return oneroster.CSV{Path: saved(t, packed(t, func(z *zip.Writer) {
		for name, text := range files {
			add(t, z, &zip.FileHeader{Name: name}, text)
		}
	}))}
}

// spaced puts NUL before every letter.
func spaced(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.Write([]byte{0, c})
	}
	return b.String()
}

func TestRefusesZipsThatMeanHarm(t *testing.T) {
	link := &zip.FileHeader{Name: "users.csv"}
	link.SetMode(fs.ModeSymlink | 0o777)
	device := &zip.FileHeader{Name: "users.csv"}
	device.SetMode(fs.ModeDevice | 0o600)
	for name, test := range map[string]struct {
		entry *zip.FileHeader
		text  string
		words string
	}{
		"leads out":            {&zip.FileHeader{Name: "../users.csv"}, "", "leads out"},
		"leads out later":      {&zip.FileHeader{Name: "a/../../users.csv"}, "", "leads out"},
		"leads out of Windows": {&zip.FileHeader{Name: `a\..\users.csv`}, "", "leads out"},
		"absolute":             {&zip.FileHeader{Name: "/etc/passwd"}, "", "leads out"},
		"absolute in Windows":  {&zip.FileHeader{Name: `C:\users.csv`}, "", "leads out"},
		"link":                 {link, "/etc/passwd", "link"},
		"device":               {device, "", "device"},
		"encrypted":            {&zip.FileHeader{Name: "secret.csv", Flags: 1}, "x", "encrypted"},
		"zip in the zip":       {&zip.FileHeader{Name: "inner.ZIP"}, "x", "itself a zip"},
		"bomb":                 {&zip.FileHeader{Name: "bomb.csv", Method: zip.Deflate}, strings.Repeat("0", 4<<20), "100 times"},
		"same file twice":      {&zip.FileHeader{Name: "other/Users.csv"}, "x", "twice"},
	} {
		t.Run("row 37: "+name, func(t *testing.T) {
			data := packed(t, func(z *zip.Writer) {
				for n, text := range campus {
					if n != test.entry.Name {
						add(t, z, &zip.FileHeader{Name: n}, text)
					}
				}
				add(t, z, test.entry, test.text)
			})
			_, err := oneroster.CSV{Path: saved(t, data)}.Snapshot(t.Context())
			wantRefused(t, roster{err: err}, "campus.zip", test.words)
		})
	}
}

func TestRefusesBombsThatLieAboutTheirSize(t *testing.T) {
	data := zipped(t, with("users.csv", userColumns+strings.Repeat("x", 8<<20)))
	directory := bytes.LastIndex(data, []byte("PK\x01\x02")) // users.csv is the last
	binary.LittleEndian.PutUint32(data[directory+24:], 1000) // says its unpacked size

	_, err := oneroster.CSV{Path: saved(t, data)}.Snapshot(t.Context())

	wantRefused(t, roster{err: err}, "users.csv")
}

func TestRefusesMoreEntriesThanAnyBundleHas(t *testing.T) {
	for _, n := range []int{10_001, 90_000} {
		data := packed(t, func(z *zip.Writer) {
			for i := range n {
				add(t, z, &zip.FileHeader{Name: fmt.Sprint(i)}, "")
			}
		})
		_, err := oneroster.CSV{Path: saved(t, data)}.Snapshot(t.Context())
		wantRefused(t, roster{err: err}, "entries")
	}
}

func TestRefusesMoreThan4GiB(t *testing.T) {
	data := packed(t, func(z *zip.Writer) {
		for i := range 3 { // unpacks to 1.5 GB each
			h := &zip.FileHeader{
				Name: fmt.Sprint(i, ".csv"), Method: zip.Deflate,
				CompressedSize64: 20 << 20, UncompressedSize64: 1500 << 20,
			}
			f, err := z.CreateRaw(h)
			if err == nil {
				_, err = f.Write(make([]byte, h.CompressedSize64))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	})

	_, err := oneroster.CSV{Path: saved(t, data)}.Snapshot(t.Context())

	wantRefused(t, roster{err: err}, "4 GiB")
}

func TestRefusesAnUnknownStream(t *testing.T) {
	got := pullFrom(t.Context(), source(t, campus), "grades")
	if got.err == nil || !strings.Contains(got.err.Error(), "grades") {
		t.Errorf("error = %v, want one that names the stream", got.err)
	}
}

func TestAnErrorOfTheReceiverEndsThePull(t *testing.T) {
	from := source(t, campus)
	snapshot, err := from.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	full, calls := errors.New("disk full"), 0

	_, err = from.Pull(t.Context(), sis.Request{Snapshot: snapshot, Stream: sis.Persons}, func(sis.Record) error {
		calls++
		return full
	})

	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("error = %v after %d calls, want the receiver's after one", err, calls)
	}
}

func TestEndsWithItsContext(t *testing.T) {
	from := source(t, campus)
	snapshot, err := from.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	_, pulled := from.Pull(ctx, sis.Request{Snapshot: snapshot, Stream: sis.Persons}, func(sis.Record) error { return nil })
	_, snapped := from.Snapshot(ctx)

	if !errors.Is(pulled, context.Canceled) || !errors.Is(snapped, context.Canceled) {
		t.Errorf("errors = %v and %v, want both cancelled", pulled, snapped)
	}
}
