package prove_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/beadle-jobs/beadle/internal/prove"
)

// told is a report with something in each of its parts.
func told() prove.Report {
	return prove.Report{
		Format: "beadle-proof/1", Kept: true, By: "kim", Server: "http://beadle.example.edu", Began: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC), Seed: 7,
		Steps: []prove.Step{{Name: "kill", Jobs: 100, Done: []string{"worker-1 <was> killed"}, Recovery: prove.Recovery{Measured: 3, P50: 5.5, Max: 6.25}}},
	}
}

func signed(t testing.TB, r prove.Report) []byte {
	t.Helper()
	s, err := prove.Sign(r, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestASignedReportIsReadAsItWasWritten(t *testing.T) {
	got, signature, err := prove.Verify(signed(t, told()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(told(), got, cmpopts.IgnoreUnexported(prove.Report{})); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(signature.Fingerprint, "SHA256:") {
		t.Errorf("fingerprint = %q", signature.Fingerprint)
	}
}

func TestAReportThatWasChangedIsRefused(t *testing.T) {
	other := string(signed(t, prove.Report{Format: "beadle-proof/1", By: "paul"}))
	_, signature, _ := strings.Cut(other, `"signature"`)
	whole := string(signed(t, told()))
	body, _, _ := strings.Cut(whole, `"signature"`)
	for name, file := range map[string]string{
		"a number":                     strings.Replace(whole, `"jobs": 100`, `"jobs": 900`, 1),
		"another report's signature":   body + `"signature"` + signature,
		"a fingerprint":                strings.Replace(whole, `"fingerprint": "SHA256:`, `"fingerprint": "SHA256:x`, 1),
		"a part beside the report":     strings.Replace(whole, `"signature"`, `"kept": true, "signature"`, 1),
		"a second report behind it":    whole + whole,
		"no signature":                 `{"report":{"format":"beadle-proof/1"}}`,
		"another algorithm":            strings.Replace(whole, `"ed25519"`, `"none"`, 1),
		"a report of another format":   string(signed(t, prove.Report{Format: "beadle-proof/9"})),
		"something that is no report":  `[]`,
		"something that is not a text": "\x00",
	} {
		t.Run(name, func(t *testing.T) {
			if file == whole {
				t.Fatal("nothing was changed")
			}
			if _, _, err := prove.Verify([]byte(file)); err == nil {
				t.Error("it was taken for true")
			}
		})
	}
}

func TestTheKeyIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "beadle", "prove.key")
	made, err := prove.Key(file)
	if err != nil {
		t.Fatal(err)
	}
	read, err := prove.Key(file)
	if err != nil || !made.Equal(read) {
		t.Errorf("it was read as another key, error %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, error %v", info.Mode(), err)
	}
	if err := os.WriteFile(file, []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := prove.Key(file); err == nil {
		t.Error("a file without a key was taken for one")
	}
}

func FuzzNoFileIsTakenForASignedReport(f *testing.F) {
	true := signed(f, told())
	f.Add(true)
	f.Add([]byte(`{"report":{},"signature":{}}`))
	f.Add([]byte(`{"report":{},"report":{},"signature":{"algorithm":"ed25519","public_key":"AAAA"}}`))
	want, _, err := prove.Verify(true)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, _, err := prove.Verify(file)
		if err == nil && !cmp.Equal(want, got, cmpopts.IgnoreUnexported(prove.Report{})) {
			t.Errorf("it was taken for true: %+v", got)
		}
	})
}
