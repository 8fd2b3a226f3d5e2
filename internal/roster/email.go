package roster

import (
	"net/mail"
	"strings"
)

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
