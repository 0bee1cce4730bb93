package interp

import (
	"errors"
	"io/fs"
	"slices"

	"sshell/interp/plan"
)

// statusMachinery is the status of a command that was not run because the machinery failed.
const statusMachinery = 125

// openOperands opens the stored objects that a program is told to read, and gives its words with the names /dev/fd/N in
// their place, N being open until the statement ends. An object that is not there keeps its name: the program says so as
// of any file. The error is a *startError.
func (sh *Shell) openOperands(argv []string) ([]string, error) {
	opened := argv
	for _, at := range sh.storedOperands(argv) {
		f, err := sh.cfg.Files.Open(sh.filesContext(), argv[at])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var d *desc
		if err == nil {
			d, err = adoptFile(f)
		}
		if err != nil {
			return nil, &startError{statusMachinery, argv[0] + ": " + redirectFailure(argv[at], err).Error()}
		}
		if &opened[0] == &argv[0] {
			opened = slices.Clone(argv)
		}
		n := sh.fds.freeDown(firstSubstFd)
		sh.fds.install(n, d)
		sh.substituted = append(sh.substituted, n)
		opened[at] = "/dev/fd/" + itoa(n)
	}
	return opened, nil
}

// storedOperands gives the indexes of the words that openOperands would open.
func (sh *Shell) storedOperands(argv []string) []int {
	if sh.cfg.Files == nil {
		return nil
	}
	return plan.Operands(argv, sh.cfg.Files.Has)
}
