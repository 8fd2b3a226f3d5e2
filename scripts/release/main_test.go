package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

func TestAnArchiveDependsOnItsFilesAndTheCommitAlone(t *testing.T) {
	var archives [][]byte
	for _, dir := range []string{t.TempDir(), t.TempDir()} {
		program := filepath.Join(dir, "jobctl")
		write(t, program, "the program")
		os.Chtimes(program, time.Now(), time.Now().Add(-time.Duration(len(archives))*time.Hour))
		to := filepath.Join(dir, "a.tar.gz")
		if err := writeArchive(to, "beadle_v1", at, []file{{program, "jobctl", 0o755}}); err != nil {
			t.Fatal(err)
		}
		packed, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		archives = append(archives, packed)
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("two archives of the same differ")
	}
	head, body := first(t, archives[0])
	if head.Name != "beadle_v1/jobctl" || head.Mode != 0o755 || !head.ModTime.Equal(at) || head.Uid != 0 || head.Uname != "" || body != "the program" {
		t.Errorf("%+v %q", head, body)
	}
}

func first(t *testing.T, packed []byte) (*tar.Header, string) {
	t.Helper()
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(plain)
	head, err := archive.Next()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(archive)
	if err != nil {
		t.Fatal(err)
	}
	return head, string(body)
}

func TestTheBillOfMaterialsNamesEveryModule(t *testing.T) {
	to := filepath.Join(t.TempDir(), "a.cdx.json")
	a := about{version: "v1.2.3", revision: "abc", goVersion: "go1.26.8", at: at, modules: []module{{"github.com/x/y", "v1.0.0+incompatible", "h1:abc="}}}
	if err := writeBOM(to, a, "linux/amd64"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	var b bom
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Spec != "1.5" || b.Metadata.Component.Version != "v1.2.3" || b.Metadata.Timestamp != "2026-09-01T08:00:00Z" {
		t.Errorf("%+v", b)
	}
	if len(b.Components) != 2 || b.Components[0].PURL != "pkg:golang/stdlib@1.26.8" || b.Components[1].PURL != "pkg:golang/github.com/x/y@v1.0.0%2Bincompatible" {
		t.Errorf("%+v", b.Components)
	}
	if again := serial(b); !strings.HasPrefix(again, "urn:uuid:") || len(again) != 45 {
		t.Errorf("serial number %s", again)
	}
}

func TestWhatProgramsAreMadeOfIsReadFromThem(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for _, program := range programs {
		if err := os.Symlink(self, filepath.Join(bin, program)); err != nil {
			t.Fatal(err)
		}
	}
	// Tests are built without the commit, and a release must have one.
	if _, err := readAbout(bin); err == nil || !strings.Contains(err.Error(), "what commit") {
		t.Errorf("error %v", err)
	}
}

func TestTheChecksumsAreReadBySha256sum(t *testing.T) {
	out := t.TempDir()
	write(t, filepath.Join(out, "b"), "two")
	write(t, filepath.Join(out, "a"), "one")
	if err := writeSums(out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(string(text), "\n"); len(lines) != 3 || !strings.HasSuffix(lines[0], "  a") || !strings.HasSuffix(lines[1], "  b") {
		t.Errorf("%q", lines)
	}
	if _, err := exec.LookPath("sha256sum"); err != nil {
		t.Skip("sha256sum is not installed")
	}
	check := exec.Command("sha256sum", "-c", "SHA256SUMS")
	check.Dir = out
	if said, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
