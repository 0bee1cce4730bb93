package pipetest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sshell/pipes"
)

// ends are both ends of a stream as descriptors, or false where the transport has none.
func ends(w pipes.Writer, r pipes.Reader) (fw, fr pipes.FileEnd, ok bool) {
	fw, okw := w.(pipes.FileEnd)
	fr, okr := r.(pipes.FileEnd)
	return fw, fr, okw && okr
}

func (b bench) file(end pipes.FileEnd) *os.File {
	b.Helper()
	f, err := end.File()
	if err != nil {
		b.Fatalf("hand over: %v", err)
	}
	return f
}

// start runs a command whose standard input or output, nil for none, were handed over.
func (b bench) start(in, out *os.File, argv ...string) *exec.Cmd {
	b.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = os.Stderr
	if in != nil {
		cmd.Stdin = in
		defer in.Close()
	}
	if out != nil {
		cmd.Stdout = out
		defer out.Close()
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return cmd
}

func status(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0
	}
	if ws := exit.Sys().(syscall.WaitStatus); ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return exit.ExitCode()
}

// testHandOver has a child on either end, and on both.
func testHandOver(t *testing.T, b bench) {
	w, r := b.pair("child writes")
	fw, _, ok := ends(w, r)
	if !ok {
		return
	}
	child := b.start(nil, b.file(fw), "sh", "-c", "echo one; exit 3")
	b.end(w, status(child.Wait()))
	b.wantWhole(r, []byte("one\n"), 3)

	w, r = b.pair("child reads")
	_, fr, _ := ends(w, r)
	var out bytes.Buffer
	reader := exec.Command("cat")
	in := b.file(fr)
	reader.Stdin, reader.Stdout = in, &out
	if err := reader.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	data := random(200<<10, 1)
	b.write(w, data, func() { b.end(w, 4) }).Wait()
	if err := reader.Wait(); err != nil || !bytes.Equal(out.Bytes(), data) {
		t.Errorf("a child read %d of %d bytes, %v", out.Len(), len(data), err)
	}
	if got, known := r.Status(); got != 4 || !known {
		t.Errorf("the status for a child that reads: %d, known: %v, want 4", got, known)
	}

	w, r = b.pair("both")
	fw, fr, _ = ends(w, r)
	counter := b.start(b.file(fr), nil, "sh", "-c", `test "$(wc -l)" -eq 3`)
	for range 3 {
		if err := b.start(nil, b.file(fw), "echo", "line").Wait(); err != nil {
			t.Errorf("a child that writes: %v", err)
		}
	}
	b.end(w, 0)
	if err := counter.Wait(); err != nil {
		t.Errorf("a child did not read what three children wrote: %v", err)
	}
}

// testHandOverBroken: a child that reads sees no end of file before its owner has had the time to kill it.
func testHandOverBroken(t *testing.T, b bench) {
	w, r := b.pair("s")
	fw, fr, ok := ends(w, r)
	if !ok {
		return
	}
	result, child, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	in := b.file(fr)
	probe, err := syscall.Dup(int(in.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(probe)
	reader := b.start(in, child, "sh", "-c", `read line; echo got "$line"; cat; echo end of file`)
	writer := b.start(nil, b.file(fw), "sh", "-c", "echo part; exec sleep 1000")
	said := make([]byte, len("got part\n"))
	if _, err := io.ReadFull(result, said); err != nil || string(said) != "got part\n" {
		t.Errorf("the child that reads said %q, %v", said, err)
	}
	writer.Process.Kill()
	writer.Wait()
	b.breakStream("s", "writer lost", "")
	<-fr.Broken()
	<-fw.Broken()
	_, err = r.Read(nil)
	b.wantCause(err, "writer lost")
	b.wantCause(w.End(137), "writer lost")
	if b.hungUp(probe) {
		t.Error("a child that reads a broken stream is at its end of file")
	}
	reader.Process.Kill() // the shell; its cat ends by the next line
	reader.Wait()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if !b.hungUp(probe) {
		t.Error("a broken stream is kept open after its reader was closed")
	}
	if rest, err := io.ReadAll(result); err != nil || len(rest) != 0 {
		t.Errorf("the child that reads took a broken stream for a whole one: %q, %v", rest, err)
	}
}

// hungUp reports whether nobody has the writing end of fd's pipe any more.
func (b bench) hungUp(fd int) bool {
	b.Helper()
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if _, err := unix.Poll(fds, 0); err != nil {
		b.Fatal(err)
	}
	return fds[0].Revents&unix.POLLHUP != 0
}

// testHandOverReaderGone: a child's death is what the kernel tells the writer.
func testHandOverReaderGone(t *testing.T, b bench) {
	w, r := b.pair("child reads")
	_, fr, ok := ends(w, r)
	if !ok {
		return
	}
	reader := b.start(b.file(fr), nil, "head", "-c", "10")
	b.wantGone(b.flood(w, random(64<<10, 1), closed()))
	reader.Wait()

	w, r = b.pair("child writes")
	fw, _, _ := ends(w, r)
	writer := b.start(nil, b.file(fw), "yes")
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if got := status(writer.Wait()); got != pipes.StatusReaderGone {
		t.Errorf("a child whose reader left has status %d, want %d", got, pipes.StatusReaderGone)
	}
	b.end(w, pipes.StatusReaderGone)
}
