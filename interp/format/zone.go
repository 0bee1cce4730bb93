package format

import (
	"encoding/binary"
	"os"
	"strings"
	"sync"
	"time"
)

// zones remembers the zones that were asked for.
var zones sync.Map // zoneKey to *time.Location

// zoneKey is a value of TZ, and the folder of the zone database.
type zoneKey struct{ tz, dir string }

// Zone gives the time zone that the value of TZ means to the C library: a file of the zone database, or a
// rule such as CET-1CEST. A value that is neither means Greenwich time under the name that it begins with.
// The database is in dir, as TZDIR names it; an empty one means the system's.
func Zone(tz, dir string) *time.Location {
	key := zoneKey{tz, dir}
	if loc, ok := zones.Load(key); ok {
		return loc.(*time.Location)
	}
	loc := findZone(strings.TrimPrefix(tz, ":"), dir)
	zones.Store(key, loc)
	return loc
}

// zoneFrom reads a file of the database, nil if it is none.
func zoneFrom(tz, file string) *time.Location {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	loc, err := time.LoadLocationFromTZData(tz, data)
	if err != nil {
		return nil
	}
	return loc
}

func findZone(tz, dir string) *time.Location {
	switch {
	case tz == "":
		return time.UTC
	case tz[0] == '/':
		if loc := zoneFrom(tz, tz); loc != nil {
			return loc
		}
	case dir != "":
		if loc := zoneFrom(tz, dir+"/"+tz); loc != nil {
			return loc
		}
	case tz != "Local": // a name that only Go has
		if loc, err := time.LoadLocation(tz); err == nil {
			return loc
		}
	}
	name := zoneName(tz)
	if name == "" || len(name) == len(tz) {
		return time.FixedZone(strings.Trim(name, "<>"), 0)
	}
	loc, err := time.LoadLocationFromTZData(tz, ruleFile(tz, name))
	if err != nil {
		return time.FixedZone("", 0)
	}
	return loc
}

// zoneName gives the name that a rule begins with: three letters or more, or anything between < and >.
func zoneName(rule string) string {
	if rule[0] == '<' {
		return rule[:strings.IndexByte(rule, '>')+1]
	}
	n := 0
	for n < len(rule) && (rule[n]|0x20 >= 'a' && rule[n]|0x20 <= 'z') {
		n++
	}
	if n < 3 {
		return ""
	}
	return rule[:n]
}

// ruleFile makes a file of the zone database (RFC 8536) that has nothing but rule, for all times: one
// transition, long ago, and the rule as the footer.
func ruleFile(rule, name string) []byte {
	name = strings.Trim(name, "<>")
	header := func(b []byte, transitions, types, chars uint32) []byte {
		b = append(b, "TZif2"...)
		b = append(b, make([]byte, 15)...)
		for _, n := range []uint32{0, 0, 0, transitions, types, chars} {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return b
	}
	b := header(nil, 0, 1, 1)
	b = append(b, make([]byte, 6+1)...) // the one type and the empty name of the 32-bit part, which nobody reads
	b = header(b, 1, 1, uint32(len(name)+1))
	longAgo := int64(-1 << 59)
	b = binary.BigEndian.AppendUint64(b, uint64(longAgo))
	b = append(b, 0)                  // the transition is to type 0
	b = append(b, make([]byte, 6)...) // type 0: no offset, no summer time, name 0
	b = append(b, name...)
	b = append(b, 0)
	return append(append(append(b, '\n'), rule...), '\n')
}
