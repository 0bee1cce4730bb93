package agent

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"reflect"
	"testing"

	"sshell/interp/plan"
)

// text is a stream of bytes without descriptors.
type text struct{ *bytes.Reader }

func (s text) readFiles(p []byte) (int, []int, bool, error) {
	n, err := s.Read(p)
	return n, nil, false, err
}

// Whatever comes, a frame is read as it was written or refused, in memory of the size of what came.
func FuzzFrame(f *testing.F) {
	hi, err := plan.Marshal(hello{protocol, "build"})
	if err != nil {
		f.Fatal(err)
	}
	r, files := newRequest(plan.Segment{Target: "t", Stages: []plan.Stage{{Argv: []string{"a\xe9"}}}, Stdin: os.Stdin, Snapshot: &plan.Snapshot{Name: "n"}})
	run, err := plan.Marshal(r)
	if err != nil || len(files) != 1 {
		f.Fatal(err)
	}
	f.Add(append(head(kindHello, 0, len(hi), 0), hi...))
	f.Add(append(head(kindRun, 1, len(run), 1), run...))
	f.Add(append(head(kindRun, 1, len(run), 300), run...))
	f.Add(head(kindCancel, 1, 0, 0))
	f.Add(binary.BigEndian.AppendUint32(nil, maxBody+1))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := text{bytes.NewReader(data)}
		for {
			was := data[len(data)-s.Len():]
			frame, err := readFrame(s)
			if err != nil {
				if err == io.EOF && len(was) > 0 {
					t.Errorf("%d bytes are no end", len(was))
				}
				return
			}
			took := was[:len(was)-s.Len()]
			files := int(binary.BigEndian.Uint16(took[4:]))
			if frame.lost != (files > 0) {
				t.Errorf("%d files promised, none there, lost %v", files, frame.lost)
			}
			again := append(head(frame.kind, frame.call, len(frame.body), files), frame.body...)
			if len(again) != len(took) || !bytes.Equal(again[:headSize], took[:headSize]) {
				t.Errorf("%q became %q", took, again)
			}
			frame.lost = false
			if seg, err := takeRequest(frame); err == nil {
				if len(seg.Stderr)+2 < 2 || seg.Stdin != nil || seg.Stdout != nil {
					t.Errorf("%+v has files", seg)
				}
			}
			var a answer
			if plan.Unmarshal(frame.body, &a) == nil && (a.err() == nil) == a.Failed {
				t.Errorf("%+v", a)
			}
		}
	})
}

// A request says the same at both ends.
func TestRequest(t *testing.T) {
	a, b := new(os.File), new(os.File)
	seg := plan.Segment{
		Target:   "moon",
		Stages:   []plan.Stage{{Role: plan.On, Argv: []string{}, Env: []string{"a=b"}, By: "on", Uses: plan.UsesPid}, {Source: "\xff", Asked: "x", Name: "n"}},
		Snapshot: &plan.Snapshot{Version: plan.SnapshotVersion, Params: []string{"\x00"}},
		Stdin:    a, Stdout: b, Stderr: []*os.File{b, nil, a},
	}
	r, files := newRequest(seg)
	if len(files) != 2 {
		t.Fatalf("%d files", len(files))
	}
	body, err := plan.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := takeRequest(&frame{body: body, files: files})
	if err != nil || !reflect.DeepEqual(got, seg) {
		t.Errorf("%+v became %+v, %v", seg, got, err)
	}
	if got.Stdin != a || got.Stdout != b || got.Stderr[0] != b || got.Stderr[2] != a {
		t.Error("files are mixed up")
	}
	for name, bad := range map[string]*request{
		"no files":         {},
		"an unknown file":  {Files: []int{0, 2}},
		"a negative one":   {Files: []int{0, -2}},
		"another snapshot": {Files: []int{0, 1}, Snapshot: &plan.Snapshot{Version: plan.SnapshotVersion + 1}},
	} {
		body, err := plan.Marshal(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := takeRequest(&frame{body: body, files: files}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := takeRequest(&frame{body: body, files: files, lost: true}); !errors.Is(err, errLostFiles) {
		t.Errorf("%v", err)
	}
}
