package lambda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sshell/interp/plan"
	"sshell/pipes/objstore/mem"
	"sshell/remote"
)

func TestRequestTravels(t *testing.T) {
	want := &Request{
		Run: "r1", Bucket: "b-1", Task: Part{Inline: []byte("caf\xe9\x00")}, Shared: Part{Digest: strings.Repeat("a", 64), Size: 7},
		Stdin: "s/0", Stdout: "s/1", Stderr: "s/2", Cancel: "tmp/r1/cancel/c",
	}
	payload, err := EncodeRequest(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeRequest(payload)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestResponseTravels(t *testing.T) {
	want := &Response{
		Result: []byte{1, 2}, Failure: &Failure{Kind: Lost, Status: 3, Message: "caf\xe9"},
		Stdout: Output{}, Stderr: Output{Streamed: true}, Deadline: true,
	}
	payload, err := EncodeResponse(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeResponse(payload)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestSharedTravels(t *testing.T) {
	want := Shared{Snapshot: &plan.Snapshot{Version: 1, Vars: []plan.Variable{{Name: "v", Set: true, Value: "\xe9"}}}, Environ: []string{"A=\xff"}}
	data, err := plan.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Shared
	if err := plan.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestOtherVersions(t *testing.T) {
	refusal, err := EncodeRefusal(errors.New("no such version"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		payload string
		theirs  int
		says    string
	}{
		{`{"sshell":99,"body":"oA=="}`, 99, "version 99"},
		{`{"sshell":99,"error":"too old"}`, 99, "too old"},
		{string(refusal), Version, "no such version"},
		{`{}`, 0, "does not speak"},
		{`"hello"`, 0, "does not speak"},
		{`null`, 0, "does not speak"},
		{``, 0, "does not speak"},
	} {
		_, err := DecodeResponse([]byte(c.payload))
		var version *VersionError
		if !errors.As(err, &version) || version.Theirs != c.theirs || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want version %d and %q", c.payload, err, c.theirs, c.says)
		}
	}
}

func TestFailureKeepsItsKind(t *testing.T) {
	for _, c := range []error{
		&remote.NotStartedError{Status: 127, Err: errors.New("nope: command not found")},
		errors.Join(errors.New("killed"), remote.ErrLost),
		errors.New("cut short"),
	} {
		got := FailureOf(c).Err()
		var want, no *remote.NotStartedError
		if errors.As(c, &want) != errors.As(got, &no) || want != nil && no.Status != want.Status {
			t.Errorf("%v: got %#v", c, got)
		}
		if errors.Is(got, remote.ErrLost) != errors.Is(c, remote.ErrLost) {
			t.Errorf("%v: got %v: lost or not", c, got)
		}
	}
	twice := fmt.Errorf("no block: %w: %w", remote.ErrLost, remote.ErrLost)
	if got := FailureOf(twice).Err(); got.Error() != "no block: attempt lost" {
		t.Errorf("got %q", got)
	}
}

func TestPartIsStoredOnce(t *testing.T) {
	store, ctx := new(mem.Store), context.Background()
	data := bytes.Repeat([]byte("caf\xe9"), 1000)
	first, err := Store(ctx, store, "run", data)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Store(ctx, store, "run", data)
	if err != nil || !reflect.DeepEqual(first, second) {
		t.Fatalf("again: %v, %v, want %v", second, err, first)
	}
	got, err := first.Fetch(ctx, store, "run")
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("fetched %d bytes, %v, want %d", len(got), err, len(data))
	}
	if err := store.Put(ctx, PartKey("run", first.Digest), strings.NewReader("other"), 5, false); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Fetch(ctx, store, "run"); err == nil {
		t.Error("an object that differs from its digest is taken")
	}
	if _, err := first.Fetch(ctx, store, "other-run"); err == nil {
		t.Error("a part that is missing is taken")
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range []any{&Request{Run: "r", Task: Part{Inline: []byte("x")}}, &Response{Result: []byte("\xff")}} {
		payload, err := seal("seed", v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Add([]byte(`{"sshell":1,"body":"oWNydW6fQQA="}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if r, err := DecodeRequest(payload); err == nil {
			again, err := EncodeRequest(r)
			if err != nil {
				t.Fatal(err)
			}
			if second, err := DecodeRequest(again); err != nil || !reflect.DeepEqual(r, second) {
				t.Errorf("request %+v came back as %+v, %v", r, second, err)
			}
		}
		if r, err := DecodeResponse(payload); err == nil {
			if _, err := EncodeResponse(r); err != nil {
				t.Fatal(err)
			}
		}
	})
}
