package interp

import (
	"net/netip"
	"testing"
)

// FuzzAddress: what the standard library reads as an address we read as the same, and nothing else.
func FuzzAddress(f *testing.F) {
	for _, text := range []string{
		"127.0.0.1", "255.255.255.255", "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1..2.3", "", ":", "::", "::1", "1::", "fe80::1%eth0",
		"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "1:2:3:4::5:6:7:8", "::ffff:1.2.3.4", "1.2.3.4::", "1:2:3:4:5:6:1.2.3.4",
		"1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "12345::", "+1::", "g::", "1::2::3", ":::", "1:", ":1", "FE80::ABCD", "0x1::", "1_0::", "+1.2.3.4",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := netip.ParseAddr(text)
		four, is4 := parseIPv4(text)
		six, is6 := parseIPv6(text)
		switch {
		case err == nil && want.Is4() && (!is4 || four != want.As4()):
			t.Errorf("%q: %v %v", text, four, is4)
		case err == nil && want.Is6() && (!is6 || six != want.As16()):
			t.Errorf("%q: %v %v", text, six, is6)
		case err != nil && is4, err != nil && is6 && !anyZone(text):
			t.Errorf("%q is no address: %v", text, err)
		}
	})
}

// anyZone reports whether text has a zone, of which we take any.
func anyZone(text string) bool {
	for i := range len(text) {
		if text[i] == '%' {
			return true
		}
	}
	return false
}
