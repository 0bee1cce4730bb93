package worker

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// isolated starts a process of ours in namespaces of its own: mounts, processes, network, System V and host names, and
// users, in which it may set up its root.
func (f *fork) isolated() (int, error) {
	var err error
	for _, maps := range userMaps() {
		var pid int
		pid, err = f.start(&syscall.SysProcAttr{
			Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET |
				syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
			UidMappings: maps.users, GidMappings: maps.groups, GidMappingsEnableSetgroups: maps.setgroups,
		})
		if err == nil {
			return pid, nil
		}
	}
	return 0, err
}

// idMaps say who the users of a namespace are outside of it.
type idMaps struct {
	users, groups []syscall.SysProcIDMap
	setgroups     bool
}

// userMaps are the maps to try. For root everybody stays who he is, so that files of other users can be read. Anybody
// else may only map himself.
func userMaps() []idMaps {
	alone := idMaps{
		users:  []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		groups: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	if os.Geteuid() != 0 {
		return []idMaps{alone}
	}
	users, err1 := identity("/proc/self/uid_map")
	groups, err2 := identity("/proc/self/gid_map")
	if err1 != nil || err2 != nil {
		return []idMaps{alone}
	}
	return []idMaps{{users, groups, true}, alone}
}

// identity maps each user of this process's own namespace to itself.
func identity(file string) ([]syscall.SysProcIDMap, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var maps []syscall.SysProcIDMap
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var inside, outside, size int
		if _, err := fmt.Sscan(lines.Text(), &inside, &outside, &size); err != nil {
			return nil, err
		}
		maps = append(maps, syscall.SysProcIDMap{ContainerID: inside, HostID: inside, Size: size})
	}
	return maps, nil
}

// isolationRefused says what an error of isolated means, and what to look at.
func isolationRefused(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EUSERS): // what clone(2) says past the limit
		return errors.New("isolate: the kernel gives no more user namespaces: see user.max_user_namespaces")
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EINVAL):
		return fmt.Errorf("isolate: the kernel refuses user namespaces here: %w", err)
	}
	return fmt.Errorf("isolate: start worker: %w", err)
}
