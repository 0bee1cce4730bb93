package interp

import (
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// resolve gives the address of a host: written as numbers, or found in /etc/hosts.
func (sh *Shell) resolve(host string, port int) (unix.Sockaddr, error) {
	address, err := netip.ParseAddr(host)
	if err != nil {
		if address, err = hostsEntry(host); err != nil {
			return nil, err
		}
	}
	if address.Is4() {
		return &unix.SockaddrInet4{Port: port, Addr: address.As4()}, nil
	}
	return &unix.SockaddrInet6{Port: port, Addr: address.As16()}, nil
}

// hostsEntry looks a name up in /etc/hosts.
func hostsEntry(host string) (netip.Addr, error) {
	text, err := os.ReadFile("/etc/hosts")
	if err != nil {
		return netip.Addr{}, errNoHost
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		for _, name := range fields[min(1, len(fields)):] {
			if strings.EqualFold(name, host) {
				return netip.ParseAddr(fields[0])
			}
		}
	}
	return netip.Addr{}, errNoHost
}
