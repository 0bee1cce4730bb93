package emulator

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// oldRoot is where the machine's root stands while the new one is furnished.
const oldRoot = "/.old"

// devices are the device files that programs expect everywhere.
var devices = []string{"null", "zero", "full", "random", "urandom"}

// imageOldRoot is that for an image, whose root has no folder to spare: /tmp is mounted upon afterwards.
const imageOldRoot = "/tmp"

// enterRoot gives this process, which has its own mounts, a root with /var/task, /tmp, /dev and /proc, or an image's root with
// its own of the last three, and takes from it the power to undo that.
func enterRoot(o *launch) error {
	s := &steps{}
	s.mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	// The new root is mounted on a folder that every machine has; from the new root the folder is seen as before.
	const place = "/proc"
	old := oldRoot
	if o.Image {
		old = imageOldRoot
		s.mount(o.Code, place, "", unix.MS_BIND|unix.MS_REC, "")
	} else { // it holds only what is mounted upon
		s.mount("tmpfs", place, "tmpfs", unix.MS_NOSUID, "mode=755,size=1m")
		s.folder(place + old)
	}
	s.do("change root", func() error { return unix.PivotRoot(place, place+old) })
	s.do("change root", func() error { return os.Chdir("/") })
	if o.Image {
		s.mount("tmpfs", "/dev", "tmpfs", unix.MS_NOSUID, "mode=755,size=1m")
	} else {
		s.folder("/var/task")
		s.mount(old+o.Code, "/var/task", "", unix.MS_BIND|unix.MS_REC, "")
		s.readOnly("/var/task")
		s.merged()
	}
	s.folder("/proc")
	s.mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	s.devices(old)
	s.do("leave the old root", func() error { return unix.Unmount(old, unix.MNT_DETACH) })
	if o.Image {
		s.readOnly("/dev")
	} else {
		s.do("leave the old root", func() error { return os.Remove(old) })
	}
	s.folder("/tmp")
	s.mount("tmpfs", "/tmp", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("mode=1777,size=%d", o.Storage))
	s.readOnly("/")
	s.do("name the host", func() error { return unix.Sethostname([]byte("localhost")) })
	s.do("give up capabilities", dropPowers)
	return s.err
}

// merged makes the folders of a root whose own are in /usr, as those of Amazon Linux and Debian are. There is nothing in them.
func (s *steps) merged() {
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		s.folder("/usr/" + name)
		s.do("make /"+name, func() error { return os.Symlink("usr/"+name, "/"+name) })
	}
}

// devices furnishes /dev.
func (s *steps) devices(old string) {
	s.folder("/dev")
	for _, name := range devices {
		path := filepath.Join("/dev", name)
		s.do("make "+path, func() error { return os.WriteFile(path, nil, 0o644) })
		s.mount(old+path, path, "", unix.MS_BIND, "")
	}
	for name, target := range map[string]string{"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"} {
		s.do("make /dev/"+name, func() error { return os.Symlink("/proc/self/fd"+target, "/dev/"+name) })
	}
}

// steps are taken until the kernel refuses one.
type steps struct{ err error }

func (s *steps) do(what string, step func() error) {
	if s.err != nil {
		return
	}
	if err := step(); err != nil {
		s.err = fmt.Errorf("%s: %w", what, err)
	}
}

func (s *steps) mount(source, target, kind string, flags uintptr, data string) {
	s.do("mount "+target, func() error { return unix.Mount(source, target, kind, flags, data) })
}

func (s *steps) folder(path string) {
	s.do("make "+path, func() error { return os.MkdirAll(path, 0o755) })
}

func (s *steps) readOnly(path string) {
	s.do("protect "+path+" (needs Linux 5.12)", func() error {
		return unix.MountSetattr(unix.AT_FDCWD, path, 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	})
}

// kept are the capabilities that root of a container has for its own files and processes.
var kept = []int{
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_KILL, unix.CAP_SETGID, unix.CAP_SETUID,
}

// dropPowers takes all other capabilities from this thread and what it starts, for good.
func dropPowers() error {
	var mask uint32
	for _, c := range kept {
		mask |= 1 << c
	}
	for c := 0; c <= unix.CAP_LAST_CAP; c++ {
		if slices.Contains(kept, c) {
			continue
		}
		// A kernel that is older than the capability does not know it.
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err != nil && err != unix.EINVAL {
			return err
		}
	}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{{Effective: mask, Permitted: mask}}
	if err := unix.Capset(&head, &data[0]); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}
