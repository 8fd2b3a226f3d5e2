package door

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// cost is what one hash of a password costs.
type cost struct {
	memory uint32 // KiB
	time   uint32
	lanes  uint8
}

// today is what OWASP asks for at least. Hashes of another cost are made anew
// when their password is next seen.
var today = cost{memory: 19 << 10, time: 2, lanes: 1}

// ceiling is what a stored hash may cost to check.
var ceiling = cost{memory: 256 << 10, time: 16, lanes: 8}

const (
	saltBytes = 16
	hashBytes = 32
)

// A hasher makes and checks hashes of passwords with argon2id, two at a time:
// more would let anybody fill the memory.
type hasher struct {
	turns   chan struct{}
	waiting atomic.Int64
	nobody  string // a hash that no password has
}

func newHasher() *hasher {
	noise := make([]byte, saltBytes+hashBytes)
	_, _ = rand.Read(noise) // never fails
	return &hasher{turns: make(chan struct{}, 2), nobody: phc(today, noise[:saltBytes], noise[saltBytes:])}
}

// hash returns the hash of a password, in PHC form.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	sum, err := h.sum(ctx, today, salt, password, hashBytes)
	return phc(today, salt, sum), err
}

// check reports whether a password has that hash. One without a hash takes as
// long and is wrong.
func (h *hasher) check(ctx context.Context, hash, password string) (right bool, err error) {
	known := hash != ""
	if !known {
		hash = h.nobody
	}
	c, salt, want, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	got, err := h.sum(ctx, c, salt, password, uint32(len(want)))
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1 && known, err
}

// queue is how many wait for their turn at most; each has the memory of a request.
const queue = 100

// errBusy is what those are told who would wait behind too many.
var errBusy = fault.New(fault.Unavailable, "Too many people log in at this moment. Try again in a few seconds.")

func (h *hasher) sum(ctx context.Context, c cost, salt []byte, password string, n uint32) ([]byte, error) {
	if h.waiting.Add(1) > queue {
		h.waiting.Add(-1)
		return nil, errBusy
	}
	defer h.waiting.Add(-1)
	select {
	case h.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a turn to check a password: %w", ctx.Err())
	}
	defer func() { <-h.turns }()
	return argon2.IDKey([]byte(password), salt, c.time, c.memory, c.lanes, n), nil
}

// old reports whether a hash is not of the cost that is asked for today.
func old(hash string) bool {
	c, _, _, err := parsePHC(hash)
	return err != nil || c != today
}

func phc(c cost, salt, sum []byte) string {
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.time, c.lanes, text(salt), text(sum))
}

func parsePHC(hash string) (c cost, salt, sum []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, fmt.Errorf("read the hash of a password: it is not of argon2id")
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.lanes); err == nil {
		salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	}
	if err == nil {
		sum, err = base64.RawStdEncoding.DecodeString(parts[5])
	}
	if err != nil {
		return c, nil, nil, fmt.Errorf("read the hash of a password: %w", err)
	}
	if c.memory > ceiling.memory || c.time > ceiling.time || c.lanes > ceiling.lanes || c.time < 1 || c.lanes < 1 || len(sum) < saltBytes {
		return c, nil, nil, fmt.Errorf("read the hash of a password: its cost is out of bounds")
	}
	return c, salt, sum, nil
}

// The length of a password: characters at least, and bytes at most.
const (
	shortest = 12
	longest  = 1024
)

// validPassword refuses one that is easily guessed.
func validPassword(name, password string) error {
	switch {
	case utf8.RuneCountInString(password) < shortest:
		return fault.New(fault.Invalid, "A password has at least %d characters; a few words in a row are easy to keep in mind.", shortest).In("password")
	case len(password) > longest:
		return fault.New(fault.Invalid, "A password has at most %d bytes.", longest).In("password")
	case name != "" && strings.EqualFold(strings.TrimSpace(password), name):
		return fault.New(fault.Invalid, "The password must not be the name.").In("password")
	}
	return nil
}
