package university

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// dice returns the dice of one row: they depend on the seed, the kind of row
// and its number, and on nothing that was rolled before.
func (u *University) dice(kind string, number int) *rand.Rand {
	path := make([]byte, 0, 48)
	path = binary.BigEndian.AppendUint64(path, u.Seed)
	path = append(path, kind...)
	path = binary.BigEndian.AppendUint64(path, uint64(number))
	sum := sha256.Sum256(path)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])))
}

// chance reports whether something happens that happens so often, of 1.
func chance(dice *rand.Rand, rate float64) bool { return dice.Float64() < rate }

func pick[T any](dice *rand.Rand, of []T) T { return of[dice.IntN(len(of))] }
