package ledger

import (
	"math/rand/v2"
	"time"
)

// idAlphabet is in ASCII order, so that ids sort as their times do. It lacks i, l, o and u, which people misread.
const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// The letters of an id: 50 bits of milliseconds since 1970 last until the year 37648, and 50 random bits keep two runs that
// start in the same millisecond apart.
const (
	idTime   = 10
	idRandom = 10
)

// NewID returns a run id for a run that starts now: 20 lower-case letters and digits. Ids of later milliseconds sort
// after those of earlier ones.
func NewID(now time.Time) string {
	var id [idTime + idRandom]byte
	ms := uint64(now.UnixMilli())
	for i := idTime - 1; i >= 0; i-- {
		id[i] = idAlphabet[ms%32]
		ms /= 32
	}
	tail := id[idTime:]
	for i := range tail {
		tail[i] = idAlphabet[rand.IntN(len(idAlphabet))]
	}
	return string(id[:])
}
