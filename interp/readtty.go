package interp

import "golang.org/x/sys/unix"

// setTerminal shows the prompt and puts the terminal into the state that a read from it needs. It gives the
// way back, nil when the input is no terminal or needs nothing.
func (c *readCall) setTerminal(fd int) (restore func()) {
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil
	}
	if c.prompt != "" {
		c.sh.writeTo(2, "read", []byte(c.prompt))
	}
	if !c.silent && c.limit < 0 && c.delim == '\n' {
		return nil
	}
	state := *before
	if c.silent {
		state.Lflag &^= unix.ECHO | unix.ECHOK | unix.ECHONL
	}
	if c.limit >= 0 || c.delim != '\n' { // characters are wanted before the line is complete
		state.Lflag &^= unix.ICANON
		state.Cc[unix.VMIN], state.Cc[unix.VTIME] = 1, 0
	}
	if unix.IoctlSetTermios(fd, setTermiosDrained, &state) != nil {
		return nil
	}
	return func() { unix.IoctlSetTermios(fd, setTermiosDrained, before) }
}
