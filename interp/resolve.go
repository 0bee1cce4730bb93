package interp

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// resolve gives the address of a host: written as numbers, or found in /etc/hosts.
func (sh *Shell) resolve(host string, port int) (unix.Sockaddr, error) {
	if address := sockaddr(host, port); address != nil {
		return address, nil
	}
	text, err := os.ReadFile("/etc/hosts")
	if err != nil {
		return nil, errNoHost
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		for _, name := range fields[min(1, len(fields)):] {
			if !strings.EqualFold(name, host) {
				continue
			}
			if address := sockaddr(fields[0], port); address != nil {
				return address, nil
			}
		}
	}
	return nil, errNoHost
}

// sockaddr gives the address that is written as numbers, nil for any other text.
func sockaddr(text string, port int) unix.Sockaddr {
	if address, ok := parseIPv4(text); ok {
		return &unix.SockaddrInet4{Port: port, Addr: address}
	}
	if address, ok := parseIPv6(text); ok {
		return &unix.SockaddrInet6{Port: port, Addr: address}
	}
	return nil
}
