package interp

import (
	"sort"
	"strconv"
	"sync/atomic"
)

// Indexed is an indexed array, which may be sparse. The zero value is empty.
type Indexed struct {
	vals []string
	keys []int // ascending, one per value; nil while the keys are 0, 1, 2, …
}

// NewIndexed makes an array of values at 0, 1, 2, …, and keeps the slice.
func NewIndexed(values []string) *Indexed { return &Indexed{vals: values} }

func (a *Indexed) clone() *Indexed {
	c := &Indexed{vals: append(make([]string, 0, len(a.vals)+1), a.vals...)}
	if a.keys != nil {
		c.keys = append(make([]int, 0, len(a.keys)+1), a.keys...)
	}
	return c
}

// Len is the number of elements that are set.
func (a *Indexed) Len() int { return len(a.vals) }

// find gives the position of key, or where it would be inserted.
func (a *Indexed) find(key int) (at int, ok bool) {
	if a.keys == nil {
		return min(key, len(a.vals)), key < len(a.vals)
	}
	at = sort.SearchInts(a.keys, key)
	return at, at < len(a.keys) && a.keys[at] == key
}

// Get gives the element at key, which is not negative.
func (a *Indexed) Get(key int) (string, bool) {
	if at, ok := a.find(key); ok {
		return a.vals[at], true
	}
	return "", false
}

// Set stores value at key, which is not negative. At the end it takes constant time.
func (a *Indexed) Set(key int, value string) {
	at, ok := a.find(key)
	if ok {
		a.vals[at] = value
		return
	}
	if a.keys == nil && key == len(a.vals) {
		a.vals = append(a.vals, value)
		return
	}
	a.spread()
	if at == len(a.vals) {
		a.vals, a.keys = append(a.vals, value), append(a.keys, key)
		return
	}
	a.vals, a.keys = append(a.vals, ""), append(a.keys, 0)
	copy(a.vals[at+1:], a.vals[at:])
	copy(a.keys[at+1:], a.keys[at:])
	a.vals[at], a.keys[at] = value, key
}

// Unset removes the element at key, if it is there.
func (a *Indexed) Unset(key int) {
	at, ok := a.find(key)
	if !ok {
		return
	}
	if at != len(a.vals)-1 {
		a.spread()
	}
	a.vals = append(a.vals[:at], a.vals[at+1:]...)
	if a.keys != nil {
		a.keys = append(a.keys[:at], a.keys[at+1:]...)
	}
}

// spread writes the keys out, for an array that is about to become sparse.
func (a *Indexed) spread() {
	if a.keys != nil {
		return
	}
	a.keys = make([]int, len(a.vals), len(a.vals)+1)
	for i := range a.keys {
		a.keys[i] = i
	}
}

// Max is the highest key, -1 when the array is empty.
func (a *Indexed) Max() int {
	switch {
	case len(a.vals) == 0:
		return -1
	case a.keys == nil:
		return len(a.vals) - 1
	}
	return a.keys[len(a.keys)-1]
}

// Key gives the subscript of the element at position at.
func (a *Indexed) Key(at int) int {
	if a.keys == nil {
		return at
	}
	return a.keys[at]
}

// Keys gives the subscripts as text, ascending.
func (a *Indexed) Keys() []string {
	keys := make([]string, len(a.vals))
	for i := range keys {
		keys[i] = strconv.Itoa(a.Key(i))
	}
	return keys
}

// Assoc is an associative array. Its order is bash's, so that a loop over the keys prints what bash prints:
// by bucket of bash's hash, the youngest first in each.
type Assoc struct {
	m     map[string]assocElem
	seq   uint64
	least uint32                   // buckets that bash's table begins with
	order atomic.Pointer[[]string] // nil when a change made it stale; clones that only read may fill it at once
}

type assocElem struct {
	value string
	seq   uint64 // the moment of insertion: bash puts a new element in front of its bucket
}

// NewAssoc makes an empty associative array.
func NewAssoc() *Assoc { return &Assoc{m: make(map[string]assocElem), least: assocBuckets} }

// newConvertedAssoc is NewAssoc for what was a scalar, for which bash takes a smaller table.
func newConvertedAssoc() *Assoc {
	return &Assoc{m: make(map[string]assocElem), least: convertedBuckets}
}

func (a *Assoc) clone() *Assoc {
	c := &Assoc{m: make(map[string]assocElem, len(a.m)+1), seq: a.seq, least: a.least}
	c.order.Store(a.order.Load())
	for k, e := range a.m {
		c.m[k] = e
	}
	return c
}

// Len is the number of elements.
func (a *Assoc) Len() int { return len(a.m) }

// Get gives the element at key.
func (a *Assoc) Get(key string) (string, bool) {
	e, ok := a.m[key]
	return e.value, ok
}

// Set stores value at key.
func (a *Assoc) Set(key, value string) {
	if e, ok := a.m[key]; ok {
		e.value = value
		a.m[key] = e
		return
	}
	a.seq++
	a.m[key] = assocElem{value, a.seq}
	a.order.Store(nil)
}

// Unset removes the element at key, if it is there.
func (a *Assoc) Unset(key string) {
	if _, ok := a.m[key]; ok {
		delete(a.m, key)
		a.order.Store(nil)
	}
}

// assocBuckets is the size of bash's table for an associative array (ASSOC_HASH_BUCKETS in its assoc.h);
// it grows fourfold when it holds twice as many elements as buckets (hashlib.c).
const assocBuckets = 1024

// convertedBuckets is the same where a scalar becomes an associative array (DEFAULT_HASH_BUCKETS in hashlib.h).
const convertedBuckets = 128

// Keys gives the keys in bash's order. The caller must not change the slice.
func (a *Assoc) Keys() []string {
	if order := a.order.Load(); order != nil {
		return *order
	}
	buckets := a.least
	for uint64(len(a.m)) > uint64(buckets)*2 {
		buckets *= 4
	}
	type place struct {
		key    string
		bucket uint32
		seq    uint64
	}
	places := make([]place, 0, len(a.m))
	for k, e := range a.m {
		places = append(places, place{k, bashHash(k) & (buckets - 1), e.seq})
	}
	sort.Slice(places, func(i, j int) bool {
		if places[i].bucket != places[j].bucket {
			return places[i].bucket < places[j].bucket
		}
		return places[i].seq > places[j].seq
	})
	order := make([]string, len(places))
	for i, p := range places {
		order[i] = p.key
	}
	a.order.Store(&order)
	return order
}

// Values gives the values in the order of Keys.
func (a *Assoc) Values() []string {
	values := make([]string, 0, len(a.m))
	for _, k := range a.Keys() {
		values = append(values, a.m[k].value)
	}
	return values
}

// insertionOrder gives keys and values so that setting them in that order gives the same array.
func (a *Assoc) insertionOrder() (keys, values []string) {
	keys = make([]string, 0, len(a.m))
	for k := range a.m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return a.m[keys[i]].seq < a.m[keys[j]].seq })
	values = make([]string, len(keys))
	for i, k := range keys {
		values[i] = a.m[k].value
	}
	return keys, values
}

// bashHash is the FNV-1 hash of bash's hash_string, whose characters are signed.
func bashHash(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h *= 16777619
		h ^= uint32(int32(int8(s[i])))
	}
	return h
}
