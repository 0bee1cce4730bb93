package interp

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// openNetwork opens /dev/tcp/HOST/PORT and /dev/udp/HOST/PORT. Hosts are addresses, or names of /etc/hosts: a
// resolver would bring the network stack of Go into every start of the shell.
func (sh *Shell) openNetwork(name string) (d *desc, ok bool, err error) {
	rest, tcp := strings.CutPrefix(name, "/dev/tcp/")
	kind := unix.SOCK_STREAM
	if !tcp {
		var udp bool
		if rest, udp = strings.CutPrefix(name, "/dev/udp/"); !udp {
			return nil, false, nil
		}
		kind = unix.SOCK_DGRAM
	}
	host, service, found := strings.Cut(rest, "/")
	if !found || host == "" || service == "" {
		return nil, false, nil
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, true, fmt.Errorf("%s: %s: invalid service", name, service)
	}
	address, err := sh.resolve(host, int(port))
	if err != nil {
		return nil, true, fmt.Errorf("%s: %w", name, err)
	}
	fd, err := connect(address, kind)
	if err != nil {
		return nil, true, redirectFailure(name, err)
	}
	return newDesc(fd), true, nil
}

// connect opens a socket to an address.
func connect(address unix.Sockaddr, kind int) (int, error) {
	family := unix.AF_INET
	if _, six := address.(*unix.SockaddrInet6); six {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, kind, 0)
	if err != nil {
		return -1, err
	}
	unix.CloseOnExec(fd)
	if err := unix.Connect(fd, address); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// errNoHost is what a name is answered with that stands in no table.
var errNoHost = errors.New("name or service not known")
