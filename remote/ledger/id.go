package ledger

import (
	"math/rand/v2"
	"strings"
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

// NewIDBelow returns a run id for a run that a task of another run starts: it begins with that one's id and a dot, so that a
// listing finds them together. An id that is none, such as the empty one, stands for no run.
func NewIDBelow(outer string, now time.Time) string {
	if !isID(outer) {
		return NewID(now)
	}
	return outer + "." + NewID(now)
}

// maxID bounds what is believed to be an id, in bytes: it is a part of keys, which have 1,024.
const maxID = 256

func isID(id string) bool {
	if len(id) > maxID {
		return false
	}
	for part := range strings.SplitSeq(id, ".") {
		if len(part) != idTime+idRandom || strings.Trim(part, idAlphabet) != "" {
			return false
		}
	}
	return true
}
