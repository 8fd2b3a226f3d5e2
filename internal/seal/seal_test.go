package seal_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/seal"
)

func ring(t *testing.T, keys ...byte) seal.Ring {
	t.Helper()
	var all [][]byte
	for _, key := range keys {
		all = append(all, bytes.Repeat([]byte{key}, seal.KeySize))
	}
	r, err := seal.NewRing(all...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatIsSealedOpensAgain(t *testing.T) {
	r := ring(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		sealed := r.Seal(text)
		if text != "" && strings.Contains(sealed, text) && len(text) > 3 {
			t.Fatalf("%q can be read in %q", text, sealed)
		}
		if got, err := r.Open(sealed); err != nil || got != text {
			t.Fatalf("opened %q, %v; want %q", got, err, text)
		}
	})
}

func TestAKeyIsReplacedWithoutLosingAnything(t *testing.T) {
	old := ring(t, 1).Seal("Ann")
	both := ring(t, 2, 1)
	if got, err := both.Open(old); err != nil || got != "Ann" {
		t.Fatalf("opened %q, %v", got, err)
	}
	again := both.Seal("Ann")
	if !strings.HasPrefix(again, both.Mark()) || strings.HasPrefix(old, both.Mark()) {
		t.Errorf("mark %s, old %s, new %s", both.Mark(), old, again)
	}
	if got, err := ring(t, 2).Open(again); err != nil || got != "Ann" {
		t.Errorf("opened %q, %v by the new key alone", got, err)
	}
	if _, err := ring(t, 2).Open(old); err == nil || !strings.Contains(err.Error(), "not among the keys") {
		t.Errorf("opened without its key: %v", err)
	}
}

func TestATextThatSomebodyChangedIsNotOpened(t *testing.T) {
	r := ring(t, 1)
	sealed := r.Seal("Ann")
	for _, bad := range []string{sealed[:len(sealed)-4], sealed + "AAAA", strings.TrimSuffix(sealed, "=") + "!", r.Mark()} {
		if got, err := r.Open(bad); err == nil {
			t.Errorf("opened %q as %q", bad, got)
		}
	}
}

func TestWithoutKeysTextStaysAsItIs(t *testing.T) {
	var none seal.Ring
	if got := none.Seal("Ann"); got != "Ann" {
		t.Errorf("sealed as %q", got)
	}
	if got, err := ring(t, 1).Open("Ann"); err != nil || got != "Ann" {
		t.Errorf("opened %q, %v", got, err)
	}
}

func TestAKeyHasItsLength(t *testing.T) {
	if _, err := seal.NewRing([]byte("short")); err == nil {
		t.Error("a short key was taken")
	}
}
