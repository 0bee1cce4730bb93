package settings

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRecord(t *testing.T) {
	h := newHouse(t)
	full := Deployed{Region: "eu-central-1", Profile: "a \"b\" \\ \x01 ü", Account: "123456789012", Bucket: "lab-eu", Function: "sshell",
		Arch: "arm64", RoleARN: "arn", Build: "v1", Timeout: 900 * time.Second, Memory: 1769, Storage: 512}
	if err := Record(h.getenv, full); err != nil {
		t.Fatal(err)
	}
	s := h.ok(t, nil)
	if s.Deployed == nil || !reflect.DeepEqual(*s.Deployed, full) {
		t.Errorf("got %+v, want %+v", s.Deployed, full)
	}
	if s.Bucket != "lab-eu" || s.Function != "sshell" || s.Region != "eu-central-1" || s.Arch != "arm64" || s.Timeout != 15*time.Minute ||
		s.Memory != 1769 || s.Storage != 512 || s.RoleARN != "" || s.From("memory") != RecordFile(h.getenv) {
		t.Errorf("%+v", s)
	}
	full.Bucket = "other"
	if err := Record(h.getenv, full); err != nil {
		t.Fatal(err)
	}
	if all, err := records(h.getenv); err != nil || len(all) != 1 || all[0].Bucket != "other" {
		t.Errorf("%+v, %v", all, err)
	}
	if err := Forget(h.getenv, full); err != nil {
		t.Fatal(err)
	}
	if s := h.ok(t, nil); s.Deployed != nil || s.Bucket != "" {
		t.Errorf("%+v", s)
	}
}

// TestChoice has records of two regions, two profiles and an emulator.
func TestChoice(t *testing.T) {
	h := newHouse(t)
	for _, d := range []Deployed{
		{Region: "us-east-1", Bucket: "us-old", Function: "sshell", Profile: "me"},
		{Region: "us-east-1", Bucket: "us-admin", Function: "sshell", Profile: "admin"},
		{Region: "us-east-1", Bucket: "us-second", Function: "second"},
		{Region: "eu-central-1", Bucket: "eu-bucket", Function: "sshell"},
		{Region: "us-east-1", Bucket: "emulated", Function: "sshell", Endpoint: "http://127.0.0.1:99"},
	} {
		if err := Record(h.getenv, d); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, want string
		env        map[string]string
	}{
		{"the latest", "eu-bucket", nil},
		{"a region", "us-second", map[string]string{"AWS_REGION": "us-east-1"}},
		{"another region", "", map[string]string{"AWS_REGION": "us-west-2"}},
		{"a profile", "us-old", map[string]string{"AWS_REGION": "us-east-1", "AWS_PROFILE": "me"}},
		{"a profile that deployed nothing", "us-second", map[string]string{"AWS_REGION": "us-east-1", "AWS_PROFILE": "you"}},
		{"a function", "us-admin", map[string]string{"AWS_REGION": "us-east-1", "SSHELL_FUNCTION": "sshell"}},
		{"a function that is not there", "", map[string]string{"SSHELL_FUNCTION": "third"}},
		{"the emulator", "emulated", map[string]string{"AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:99/"}},
		{"another emulator", "", map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:98"}},
	} {
		h.env = map[string]string{"HOME": h.home}
		for k, v := range c.env {
			h.env[k] = v
		}
		if s := h.ok(t, nil); s.Bucket != c.want {
			t.Errorf("%s: %q, want %q", c.name, s.Bucket, c.want)
		}
	}
}

// TestManyRecords has more emulators than are kept, each recorded at the same time as the others.
func TestManyRecords(t *testing.T) {
	h := newHouse(t)
	if err := Record(h.getenv, Deployed{Region: "us-east-1", Function: "sshell"}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 3 * loopbackRecords {
		all.Go(func() {
			if err := Record(h.getenv, Deployed{Function: "sshell", Endpoint: fmt.Sprintf("http://127.0.0.1:%d", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	kept, err := records(h.getenv)
	if err != nil || len(kept) != loopbackRecords+1 || kept[0].Endpoint != "" {
		t.Errorf("%d kept, %v", len(kept), err)
	}
}

func TestBadRecords(t *testing.T) {
	h := newHouse(t)
	path := h.write(t, ".local/state/sshell/deploy.toml", "[[deploy]]\nmemory = 'x'\n")
	if _, err := h.load(nil); err == nil || err.Error() != path+`:2: memory: "x": it is a number of MB` {
		t.Error(err)
	}
	h.write(t, ".local/state/sshell/deploy.toml", "bucket = 'x'\n")
	if _, err := h.load(nil); err == nil || !strings.HasSuffix(err.Error(), "remove it and deploy again") {
		t.Error(err)
	}
	h.write(t, ".local/state/sshell/deploy.toml", "[[deploy]]\nbucket = 'lab'\nlater = 'x'\n")
	if s := h.ok(t, nil); s.Bucket != "lab" {
		t.Errorf("%+v", s)
	}
	if err := Record(func(string) string { return "" }, Deployed{}); err == nil {
		t.Error("recorded nowhere")
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Error(err)
	}
}
