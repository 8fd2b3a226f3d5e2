// Package seal keeps texts unreadable for whoever has the database and not the
// keys: what the student information system sent about people.
//
// A [Ring] has one key that seals and any number of older ones that only open,
// so that a key can be replaced while everything goes on: put the new one
// first, let what the old one sealed be sealed again, and take the old one out.
// A sealed text says which key it needs:
//
//	sealed:1:<first 8 hex digits of the key's SHA-256>:<base64 of nonce and AES-256-GCM text>
//
// Text that is not sealed opens as itself: it was written before there was a key.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

const prefix = "sealed:1:"

// A Ring is the keys that texts are sealed with and opened by. The zero Ring
// seals nothing. It may be used by several goroutines.
type Ring struct {
	first string // id of the key that seals
	keys  map[string]cipher.AEAD
}

// NewRing returns a ring of keys of [KeySize] bytes. The first one seals.
func NewRing(keys ...[]byte) (Ring, error) {
	r := Ring{keys: map[string]cipher.AEAD{}}
	for _, key := range keys {
		if len(key) != KeySize {
			return Ring{}, fmt.Errorf("a key has %d bytes and must have %d", len(key), KeySize)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return Ring{}, err
		}
		id := keyID(key)
		if r.keys[id], err = cipher.NewGCM(block); err != nil {
			return Ring{}, err
		}
		if r.first == "" {
			r.first = id
		}
	}
	return r, nil
}

func keyID(key []byte) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:4])
}

// Seal returns text as only the ring's keys can read it, and text itself if the
// ring has none.
func (r Ring) Seal(text string) string {
	if r.first == "" {
		return text
	}
	aead := r.keys[r.first]
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails: it ends the program instead
	return r.Mark() + base64.StdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(text), nil))
}

// Mark is what texts begin with that the ring's first key has sealed; empty if
// it has none.
func (r Ring) Mark() string {
	if r.first == "" {
		return ""
	}
	return prefix + r.first + ":"
}

// Open returns what was sealed. Its error says that the key is not in the ring,
// or that somebody has changed the text.
func (r Ring) Open(sealed string) (string, error) {
	rest, ok := strings.CutPrefix(sealed, prefix)
	if !ok {
		return sealed, nil
	}
	id, body, _ := strings.Cut(rest, ":")
	aead := r.keys[id]
	if aead == nil {
		return "", fmt.Errorf("sealed with key %s, which is not among the keys", id)
	}
	raw, err := base64.StdEncoding.DecodeString(body)
	if err != nil || len(raw) < aead.NonceSize() {
		return "", fmt.Errorf("sealed with key %s, and damaged", id)
	}
	text, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], nil)
	if err != nil {
		return "", fmt.Errorf("sealed with key %s, and changed since: %w", id, err)
	}
	return string(text), nil
}
