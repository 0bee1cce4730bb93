package worker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sshell/remote"
	"sshell/remote/ship"
)

// oldRoot is where the machine's own root stands while the new one is furnished.
const oldRoot = "/.old"

// rootSize bounds the new root itself in bytes. It holds no data, only what files are mounted on, and cannot be written
// to when it is ready.
const rootSize = 16 << 20

// devices are the device files that programs expect everywhere and that give away nothing.
var devices = []string{"null", "zero", "full", "random", "urandom"}

// enterRoot gives this process, which must be alone in namespaces of its own, a root with nothing in it but /dev, /proc,
// a bounded /tmp and the task's shipment, and goes to the task's directory there, which is empty but for what was
// shipped into it and counts towards the bound. It gives the configuration for a Worker in there.
func enterRoot(o *order) (Config, error) {
	t := o.Task
	if err := dirError(t.Dir); err != nil {
		return Config{}, refused("%w", err)
	}
	if t.Dir != "" {
		if err := os.Chdir(t.Dir); err != nil {
			return Config{}, refused("%w", err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return Config{}, refused("isolate: find this program: %w", err)
	}
	// In the new root this program has its own name, not that of a link in this /proc.
	for _, argv := range [][]string{o.Self, o.Shell} {
		if len(argv) > 0 && argv[0] == selfPath() {
			argv[0] = self
		}
	}
	s, err := shipmentFor(o, self)
	var no *remote.NotStartedError
	if errors.As(err, &no) {
		return Config{}, err
	}
	if err != nil {
		return Config{}, refused("isolate: %w", err)
	}
	if t.Dir == "" || !filepath.IsAbs(t.Dir) {
		t.Dir = "/tmp"
	}
	items, err := ship.Layout(s.files, t.Dir)
	if err != nil {
		return Config{}, refused("isolate: %w", err)
	}
	if !s.names[self] {
		o.Objects = "" // nobody there knows what s3:// is
	}
	if err := buildRoot(items, t.Dir, o); err != nil {
		return Config{}, refused("isolate: %w", err)
	}
	return configInside(o, s, self)
}

// configInside settles in the new root how its stages are started.
func configInside(o *order, s *shipment, self string) (Config, error) {
	t := o.Task
	if slices.ContainsFunc(t.Environ, func(e string) bool { return strings.HasPrefix(e, "TMPDIR=") }) {
		t.Env = append(t.Env, "TMPDIR=/tmp")
	}
	if o.Objects != "" {
		t.Env = append(t.Env, "SSHELL_S3_DIR="+o.Objects)
	}
	if t.Umask != nil { // of this process: no other thread than this one may start the stages
		unix.Umask(*t.Umask)
		t.Umask = nil
	}
	runtime.LockOSThread()
	if err := dropPowers(); err != nil {
		return Config{}, refused("isolate: give up capabilities: %w", err)
	}
	cfg := Config{Contained: true}
	if len(o.Self) > 0 && s.names[self] {
		cfg.Self = append([]string{self}, o.Self[1:]...)
	}
	if len(o.Shell) > 0 && s.names[o.Shell[0]] {
		cfg.Shell = o.Shell
	}
	return cfg, nil
}

// building is a row of steps of which the kernel may refuse any. After the first error no other is taken.
type building struct{ err error }

func (b *building) do(what string, step func() error) {
	if b.err != nil {
		return
	}
	if err := step(); err != nil {
		b.err = fmt.Errorf("%s: %w", what, bare(err))
	}
}

func (b *building) mount(source, target, kind string, flags uintptr, data string) {
	b.do("mount "+target, func() error { return unix.Mount(source, target, kind, flags, data) })
}

func (b *building) folder(path string) {
	b.do("make "+path, func() error { return os.MkdirAll(path, 0o755) })
}

// leave takes away a folder that something is mounted on.
func (b *building) leave(path string) {
	b.do("leave "+path, func() error { return unix.Unmount(path, unix.MNT_DETACH) })
	b.do("leave "+path, func() error { return os.Remove(path) })
}

// bind shows a file or folder of the old root under a name of the new one.
func (b *building) bind(real, name string, writable bool) {
	there := false
	b.do("make "+name, func() error {
		st, err := os.Stat(real)
		if err != nil {
			return err
		}
		if st.IsDir() {
			return os.MkdirAll(name, 0o755)
		}
		if _, err := os.Stat(name); err == nil {
			there = true // in a folder that was shipped as a whole
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		return f.Close()
	})
	if there {
		return
	}
	b.mount(real, name, "", unix.MS_BIND|unix.MS_REC, "")
	if !writable {
		b.readOnly(name, unix.AT_RECURSIVE)
	}
}

func (b *building) readOnly(path string, flags uint) {
	b.do("protect "+path, func() error {
		err := unix.MountSetattr(unix.AT_FDCWD, path, flags, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
		if err == unix.ENOSYS {
			err = fmt.Errorf("needs Linux 5.12: %w", err)
		}
		return err
	})
}

// buildRoot makes the new root and moves into it.
func buildRoot(items []ship.Item, dir string, o *order) error {
	b := new(building)
	b.mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	// Any folder will do: nobody else sees the mount, and what the folder held is seen again from the new root.
	const place = "/proc"
	b.mount("tmpfs", place, "tmpfs", unix.MS_NOSUID, fmt.Sprintf("mode=755,size=%d", rootSize))
	b.folder(place + oldRoot)
	b.do("change root", func() error { return unix.PivotRoot(place, place+oldRoot) })
	b.do("change root", func() error { return os.Chdir("/") })
	b.writable(dir, o.Tmp)
	b.furnish()
	b.merged()
	for i := range items {
		b.item(&items[i])
	}
	b.objects(o.Objects)
	b.leave(oldRoot)
	b.readOnly("/", 0)
	b.do("change to "+dir, func() error { return os.Chdir(dir) })
	return b.err
}

// objects shows the folder of s3://. Where it is not there and cannot be made, nothing can be stored under its name either.
func (b *building) objects(dir string) {
	if dir == "" || os.MkdirAll(oldRoot+dir, 0o777) != nil {
		return
	}
	b.bind(oldRoot+dir, dir, true)
}

// item shows what was shipped.
func (b *building) item(i *ship.Item) {
	if i.Kind == ship.Link {
		b.link(i.Target, i.Path)
		return
	}
	b.bind(oldRoot+i.Source, i.Path, false)
	if len(i.Without) == 0 || b.err != nil {
		return
	}
	list, err := os.ReadDir(i.Path)
	b.do("read "+i.Path, func() error { return err })
	for _, d := range list {
		if d.IsDir() && i.Empty(d.Name()) {
			b.mount("tmpfs", filepath.Join(i.Path, d.Name()), "tmpfs", unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, "mode=755")
		}
	}
}

// link makes a symbolic link. What every root has in its place is as good.
func (b *building) link(target, path string) {
	b.folder(filepath.Dir(path))
	b.do("make "+path, func() error {
		err := os.Symlink(target, path)
		if errors.Is(err, os.ErrExist) {
			return nil
		}
		return err
	})
}

// writable makes the two folders that a task may write to, on one file system: /tmp and its working directory.
func (b *building) writable(dir string, size int64) {
	const store = "/.store"
	b.folder(store)
	b.mount("tmpfs", store, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("mode=755,size=%d", size))
	b.folder(store + "/tmp")
	b.do("make /tmp", func() error { return os.Chmod(store+"/tmp", 0o777|os.ModeSticky) })
	b.bind(store+"/tmp", "/tmp", true)
	switch clean := filepath.Clean(dir); {
	case clean == "/":
	case clean == "/tmp", strings.HasPrefix(clean, "/tmp/"):
		b.folder(clean)
	default:
		b.folder(store + "/dir")
		b.bind(store+"/dir", clean, true)
	}
	b.leave(store)
}

// merged makes the links of a root whose folders are in /usr, as far as this machine's has them: programs are named by either
// path, whichever was shipped.
func (b *building) merged() {
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		if target, err := os.Readlink(oldRoot + "/" + name); err == nil && target == "usr/"+name {
			b.folder("/usr/" + name)
			b.link(target, "/"+name)
		}
	}
}

// furnish makes /dev and /proc.
func (b *building) furnish() {
	b.folder("/proc")
	b.mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	for _, name := range devices {
		b.bind(oldRoot+"/dev/"+name, "/dev/"+name, true)
	}
	for name, target := range map[string]string{"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"} {
		b.do("make /dev/"+name, func() error { return os.Symlink("/proc/self/fd"+target, "/dev/"+name) })
	}
}

// kept are the capabilities that a root of a container usually has for its own files and processes. With the others
// it could undo what was built.
var kept = []int{
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_KILL, unix.CAP_SETGID, unix.CAP_SETUID,
}

// dropPowers takes all other capabilities from this thread and whatever it starts, for good.
func dropPowers() error {
	for c := 0; c <= unix.CAP_LAST_CAP; c++ {
		if slices.Contains(kept, c) {
			continue
		}
		// A kernel that is older than the capability does not know it.
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err != nil && err != unix.EINVAL {
			return err
		}
	}
	var mask uint32
	for _, c := range kept {
		mask |= 1 << c
	}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{{Effective: mask, Permitted: mask}}
	if err := unix.Capset(&head, &data[0]); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}
