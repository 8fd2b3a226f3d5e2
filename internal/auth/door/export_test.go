package door

import "golang.org/x/crypto/argon2"

// CheapHash is a hash as weaker settings would have made it.
func CheapHash(password string) string {
	salt := []byte("0123456789abcdef")
	return phc(cost{memory: 8 << 10, time: 1, lanes: 1}, salt, argon2.IDKey([]byte(password), salt, 1, 8<<10, 1, hashBytes))
}
