package prove

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// A Signed report is what is kept and handed on. What is signed is the report as
// it stands in the file but for the white space between its parts.
type Signed struct {
	Report    json.RawMessage `json:"report"`
	Signature Signature       `json:"signature"`
}

// A Signature says that whoever has a key has signed.
type Signature struct {
	Algorithm   string `json:"algorithm"`   // ed25519
	PublicKey   string `json:"public_key"`  // base64
	Fingerprint string `json:"fingerprint"` // of the key; see [Fingerprint]
	Value       string `json:"value"`       // base64
}

const algorithm = "ed25519"

// Sign signs a report.
func Sign(r Report, key ed25519.PrivateKey) (Signed, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return Signed{}, fmt.Errorf("sign the report: %w", err)
	}
	public := key.Public().(ed25519.PublicKey)
	return Signed{raw, Signature{
		Algorithm: algorithm, PublicKey: base64.StdEncoding.EncodeToString(public), Fingerprint: Fingerprint(public),
		Value: base64.StdEncoding.EncodeToString(ed25519.Sign(key, raw)),
	}}, nil
}

// Fingerprint is a public key in short, for people to compare.
func Fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// Verify reads a file with a signed report. It is an error if the report was
// changed after it was signed. Who has the key is for the reader to know.
func Verify(file []byte) (r Report, s Signature, err error) {
	var signed Signed
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	if err := d.Decode(&signed); err != nil {
		return r, s, fault.New(fault.Invalid, "This is no report of jobctl prove.").Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return r, s, fault.New(fault.Invalid, "This is no report of jobctl prove: something comes after it.").Because(err)
	}
	var raw bytes.Buffer
	if err := json.Compact(&raw, signed.Report); err != nil {
		return r, s, fault.New(fault.Invalid, "This is no report of jobctl prove.").Because(err)
	}
	s = signed.Signature
	if err := s.check(raw.Bytes()); err != nil {
		return r, s, err
	}
	if err := json.Unmarshal(raw.Bytes(), &r); err != nil || r.Format != format {
		return r, s, fault.New(fault.Invalid, "The report is of another version of jobctl, which calls its format %q.", r.Format).Because(err)
	}
	return r, s, nil
}

func (s Signature) check(raw []byte) error {
	public, err := base64.StdEncoding.DecodeString(s.PublicKey)
	if err != nil || len(public) != ed25519.PublicKeySize || s.Algorithm != algorithm {
		return fault.New(fault.Invalid, "The report has no signature that can be checked.").Because(err)
	}
	value, err := base64.StdEncoding.DecodeString(s.Value)
	if err != nil || !ed25519.Verify(public, raw, value) {
		return fault.New(fault.Conflict, "The report was changed after it was signed, or its signature was.").Because(err)
	}
	if s.Fingerprint != Fingerprint(public) {
		return fault.New(fault.Conflict, "The fingerprint is not that of the key that signed; that is %s.", Fingerprint(public))
	}
	return nil
}

// Key reads the key in a file, and makes one if there is none. Only whoever made
// it may read the file.
func Key(file string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key for reports: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fault.New(fault.Invalid, "%s holds no key; move it away, and another is made.", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if private, ok := key.(ed25519.PrivateKey); ok {
		return private, nil
	}
	return nil, fault.New(fault.Invalid, "%s holds no ed25519 key; move it away, and another is made.", file).Because(err)
}

func makeKey(file string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for reports: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make a key for reports: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the key for reports: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep the key for reports: %w", err)
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: raw})
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("keep the key for reports: %w", err)
	}
	return key, nil
}
