package interp

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// parseIPv4 reads four decimal numbers with dots between.
func parseIPv4(text string) (address [4]byte, ok bool) {
	fields := strings.Split(text, ".")
	if len(fields) != len(address) {
		return address, false
	}
	for i, field := range fields {
		n, err := strconv.ParseUint(field, 10, 8)
		if err != nil || len(field) > 1 && field[0] == '0' { // some take that for octal
			return address, false
		}
		address[i] = byte(n)
	}
	return address, true
}

// parseIPv6 reads an address as RFC 4291, section 2.2, has it. A zone behind % is left out.
//
// net/netip does both, and would add a thirtieth to the shell's start.
func parseIPv6(text string) (address [16]byte, ok bool) {
	text, _, _ = strings.Cut(text, "%")
	front, back, short := strings.Cut(text, "::")
	if !short {
		head, ok := groups(front)
		return [16]byte(append(head, make([]byte, 16)...)), ok && len(head) == len(address)
	}
	head, ok1 := groups(front)
	tail, ok2 := groups(back)
	if !ok1 || !ok2 || strings.Contains(front, ".") || len(head)+len(tail) > len(address)-2 {
		return address, false
	}
	copy(address[:], head)
	copy(address[len(address)-len(tail):], tail)
	return address, true
}

// groups reads hexadecimal numbers of 16 bits with colons between, of which the last two may be written as an IPv4 address.
func groups(text string) (all []byte, ok bool) {
	if text == "" {
		return nil, true
	}
	fields := strings.Split(text, ":")
	for i, field := range fields {
		if four, ok := parseIPv4(field); ok && i == len(fields)-1 {
			return append(all, four[:]...), true
		}
		n, err := strconv.ParseUint(field, 16, 16)
		if err != nil || len(field) > 4 {
			return nil, false
		}
		all = binary.BigEndian.AppendUint16(all, uint16(n))
	}
	return all, true
}
