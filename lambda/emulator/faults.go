package emulator

import (
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is a kind of what goes wrong between a client and a service, or within one.
type Fault string

// The kinds. With those marked "refused" nothing has happened.
const (
	SlowDown  Fault = "slowdown"  // S3: refused with 503 SlowDown
	Throttle  Fault = "throttle"  // Lambda: refused with 429 TooManyRequestsException
	Internal  Fault = "error"     // refused with 500, S3's InternalError or Lambda's ServiceException
	Reset     Fault = "reset"     // refused: the connection is reset
	Lost      Fault = "lost"      // the call takes effect, and the connection is reset in place of an answer
	Cut       Fault = "cut"       // the connection is reset within the answer's body
	Slow      Fault = "slow"      // the call begins late, or its answer comes late
	Duplicate Fault = "duplicate" // Lambda: the function is run twice, at a time or one after the other; the first run answers
	Kill      Fault = "kill"      // Lambda: the environment is killed while the function runs, if it runs long enough
)

// AllFaults are the kinds, in the order in which they are named to users.
var AllFaults = []Fault{SlowDown, Throttle, Internal, Reset, Lost, Cut, Slow, Duplicate, Kill}

const (
	defaultFaultRate = 0.05
	// defaultFaultDelay is above what a client waits for a part, and below what a person waits for a test.
	defaultFaultDelay = time.Second
)

// Faults says what goes wrong, and how often. Which call has which fault depends on the seed, the call's operation and its
// number among the calls of that operation: two runs whose calls come in the same order have the same faults. At most one
// happens to a call.
type Faults struct {
	Seed uint64
	// Rate is how often a call has a fault, from 0 to 1; 0.05 if it is 0.
	Rate float64
	// Kinds are those that happen; all if there are none. All that can happen to a call are equally likely.
	Kinds []Fault
	// Delay is by how much a Slow call or answer is late at most, and within which an environment is killed; 1 s if it is 0.
	Delay time.Duration
	// Control has faults in the control plane as well: functions, roles and buckets, as against invocations, objects and
	// listings.
	Control bool
}

// ParseFaults reads kinds, separated by commas.
func ParseFaults(list string) ([]Fault, error) {
	var kinds []Fault
	for word := range strings.SplitSeq(list, ",") {
		kind := Fault(strings.TrimSpace(word))
		if !slices.Contains(AllFaults, kind) {
			return nil, fmt.Errorf("no fault is called %q: there are %s", word, joinFaults(AllFaults))
		}
		kinds = append(kinds, kind)
	}
	return kinds, nil
}

func joinFaults(kinds []Fault) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

// dice decides about the calls of one service.
type dice struct {
	Faults
	mu    sync.Mutex
	calls map[string]uint64 // so far, by operation
}

func newDice(f Faults) *dice {
	if f.Rate == 0 {
		f.Rate = defaultFaultRate
	}
	if f.Delay == 0 {
		f.Delay = defaultFaultDelay
	}
	if len(f.Kinds) == 0 {
		f.Kinds = AllFaults
	}
	return &dice{Faults: f, calls: map[string]uint64{}}
}

// roll gives the next call of an operation its fault, of those that are possible, or none, and what else is left to chance.
func (d *dice) roll(operation string, possible []Fault) (Fault, *rand.Rand) {
	d.mu.Lock()
	n := d.calls[operation]
	d.calls[operation]++
	d.mu.Unlock()
	h := fnv.New64a()
	io.WriteString(h, operation)
	random := rand.New(rand.NewPCG(d.Seed, h.Sum64()+n))
	if random.Float64() >= d.Rate {
		return "", random
	}
	var kinds []Fault
	for _, k := range possible {
		if slices.Contains(d.Kinds, k) {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) == 0 {
		return "", random
	}
	return kinds[random.IntN(len(kinds))], random
}

// delay is a time up to the longest there is. Short ones are as likely as long ones of ten times the length.
func (d *dice) delay(random *rand.Rand) time.Duration {
	const magnitudes = 10 // from a thousandth of the longest
	return d.Delay >> random.IntN(magnitudes)
}
