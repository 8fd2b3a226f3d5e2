package job

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The most of a message that a pattern is made of, and the longest pattern.
const (
	patternReads = 1000
	patternKeeps = 240
)

// Fingerprint names the kind of an error: errors of one task that have the
// same code and whose messages have the same pattern share it.
func Fingerprint(task, code, pattern string) string {
	sum := sha256.Sum256([]byte(task + "\x00" + code + "\x00" + pattern))
	return hex.EncodeToString(sum[:8])
}

// Pattern returns message with what varies from one record to the next taken
// out: quoted values, e-mail addresses, numbers, and ids, which are words with
// a digit in them. No digit is left.
func Pattern(message string) string {
	rest, last := cutText(strings.ToValidUTF8(message, "\uFFFD"), patternReads), ' '
	var b strings.Builder
	for rest != "" && b.Len() < patternKeeps {
		text, length := piece(rest, last)
		if text != " " || last != ' ' {
			b.WriteString(text)
		}
		last, _ = utf8.DecodeLastRuneInString(text)
		rest = rest[length:]
	}
	return strings.TrimSpace(cutText(b.String(), patternKeeps))
}

// piece returns what a pattern says for the beginning of s, and how long that
// beginning is. The pattern ends with last so far.
func piece(s string, last rune) (text string, length int) {
	r, size := utf8.DecodeRuneInString(s)
	if n := quoted(s, last); n > 0 {
		return "{value}", n
	}
	if !inWord(r) {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return " ", size
		}
		return s[:size], size
	}
	length = wordLength(s)
	return maskWord(s[:length]), length
}

var quotes = map[rune]string{'"': `"`, '\'': "'", '`': "`", '“': "”", '„': "“", '‘': "’", '«': "»"}

// quoted returns the length of the quoted value that s begins with, or zero. An
// apostrophe in a word is no quote.
func quoted(s string, last rune) int {
	open, size := utf8.DecodeRuneInString(s)
	mark, ok := quotes[open]
	if !ok || open == '\'' && inWord(last) {
		return 0
	}
	for from := size; ; {
		at := strings.Index(s[from:], mark)
		if at < 0 {
			return 0
		}
		from += at + len(mark)
		next, _ := utf8.DecodeRuneInString(s[from:])
		if open != '\'' || from == len(s) || !inWord(next) {
			return from
		}
	}
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' }

// joints hold the parts of a word together: of a date, an address, a path.
const joints = "-.:/,+@"

// wordLength returns the length of the word that s begins with, its joints
// included.
func wordLength(s string) int {
	for i, r := range s {
		if inWord(r) {
			continue
		}
		next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		if !strings.ContainsRune(joints, r) || !inWord(next) {
			return i
		}
	}
	return len(s)
}

// maskWord takes out of a word what varies. Parts that vary side by side, as
// those of a date, become one.
func maskWord(word string) string {
	if _, host, ok := strings.Cut(word, "@"); ok && strings.Contains(host, ".") {
		return "{email}"
	}
	var b strings.Builder
	varying, joint := "", ""
	for word != "" {
		part, behind := word, ""
		if i := strings.IndexAny(word, ".:/,+@"); i >= 0 {
			part, behind = word[:i], word[i:]
		}
		mask := maskPart(part)
		switch {
		case varying != "" && mask != "":
			if mask != varying {
				varying = "{id}"
			}
		case mask != "":
			b.WriteString(joint)
			varying = mask
		default:
			b.WriteString(varying + joint + part)
			varying = ""
		}
		if word = behind; word != "" {
			joint, word = word[:1], word[1:]
		}
	}
	b.WriteString(varying)
	return b.String()
}

// maskPart returns what stands for a part that varies; nothing if it does not.
func maskPart(part string) string {
	switch {
	case !strings.ContainsFunc(part, unicode.IsNumber):
		return ""
	case strings.ContainsFunc(part, unicode.IsLetter):
		return "{id}"
	}
	return "{n}"
}

// cutText returns the first n bytes of s, less a rune that does not fit.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
