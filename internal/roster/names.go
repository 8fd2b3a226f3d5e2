package roster

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// plainName returns a username as learning platforms take it: in lower case,
// without blanks, apostrophes and accents, so that O'Neill and José can log in
// as oneill and jose. Other letters stay, for the platform to judge.
func plainName(text string) string {
	if !strings.ContainsFunc(text, needsCare) {
		return strings.ToLower(text)
	}
	plain := transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), runes.Remove(runes.Predicate(unprintable)), norm.NFC)
	name, _, err := transform.String(plain, text)
	if err != nil {
		name = text
	}
	return strings.ToLower(name)
}

// needsCare reports whether a rune may be written otherwise in a username. Of
// most usernames none may, and a campus has very many.
func needsCare(r rune) bool { return r >= 0x80 || unprintable(r) }

func unprintable(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("'’‘`´ʼ", r)
}

// withoutBlanks returns an e-mail without blanks, which no address has.
func withoutBlanks(text string) string { return strings.Join(strings.Fields(text), "") }

// validEmail reports whether text is an address that mail can be sent to. The
// domain must be plain ASCII: one that only looks like another is not guessed.
func validEmail(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text {
		return false
	}
	_, domain, _ := strings.Cut(text, "@")
	return strings.Contains(strings.Trim(domain, "."), ".") && !strings.ContainsAny(domain, "[]")
}
