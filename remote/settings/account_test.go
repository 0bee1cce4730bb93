package settings

import "testing"

func TestAccount(t *testing.T) {
	const keys = "[default]\naws_access_key_id = AKID\naws_secret_access_key=s\n"
	for _, c := range []struct {
		name        string
		env         map[string]string
		credentials string // in ~/.aws
		config      string
		want        string // below the home where it begins with a dot
	}{
		{name: "nothing"},
		{name: "key", env: map[string]string{"AWS_ACCESS_KEY_ID": "AKID"}, want: "AWS_ACCESS_KEY_ID"},
		{name: "profile", env: map[string]string{"AWS_PROFILE": "lab"}, want: "AWS_PROFILE"},
		{name: "token", env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/x", "AWS_ROLE_ARN": "r"}, want: "AWS_WEB_IDENTITY_TOKEN_FILE"},
		{name: "container", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}, want: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"},
		{name: "credentials", credentials: keys, want: "./.aws/credentials"},
		{name: "empty file", credentials: ""},
		{name: "only a region", config: "[default]\nregion = eu-central-1\noutput=json\n"},
		{name: "sso", config: "[profile lab]\n SSO_Session = corp\n", want: "./.aws/config"},
		{name: "switched off", env: map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_CONFIG_FILE": "/dev/null"}, credentials: keys, config: keys},
		{name: "no home", env: map[string]string{"HOME": ""}, credentials: keys},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			h.write(t, ".aws/credentials", c.credentials)
			h.write(t, ".aws/config", c.config)
			for name, v := range c.env {
				h.env[name] = v
			}
			want := c.want
			if want != "" && want[0] == '.' {
				want = h.home + want[1:]
			}
			if why, ok := Account(h.getenv); why != want || ok != (want != "") {
				t.Errorf("%q, %v, want %q", why, ok, want)
			}
		})
	}
}

func TestS3(t *testing.T) {
	h := newHouse(t)
	h.env["AWS_ACCESS_KEY_ID"] = "AKID"
	if s := h.ok(t, nil); s.S3 != S3AWS || s.From("s3") != "AWS_ACCESS_KEY_ID" {
		t.Errorf("with a key: %+v", s)
	}
	h.env["SSHELL_S3"] = "dir"
	if s := h.ok(t, nil); s.S3 != S3Dir || s.S3Dir != "" || s.From("s3") != "SSHELL_S3" {
		t.Errorf("dir was asked for: %+v", s)
	}
	h.env = map[string]string{"HOME": h.home, "SSHELL_S3_DIR": "/x", "SSHELL_S3": "aws"}
	if s := h.ok(t, nil); s.S3 != S3AWS {
		t.Errorf("aws was asked for: %+v", s)
	}
}

func TestProfileRegion(t *testing.T) {
	const config = "[default]\nregion = us-west-2\n[profile lab]\noutput=json\n region=eu-central-1 \n[profile bare]\n[sso-session x]\nregion = x\n"
	for _, c := range []struct {
		name, want string
		env        map[string]string
	}{
		{"default", "us-west-2", nil},
		{"profile", "eu-central-1", map[string]string{"AWS_PROFILE": "lab"}},
		{"profile of the second name", "eu-central-1", map[string]string{"AWS_DEFAULT_PROFILE": "lab"}},
		{"profile without a region", "", map[string]string{"AWS_PROFILE": "bare"}},
		{"profile that is not there", "", map[string]string{"AWS_PROFILE": "moon"}},
		{"variable", "us-east-1", map[string]string{"AWS_PROFILE": "lab", "AWS_DEFAULT_REGION": "us-east-1"}},
		{"no file", "", map[string]string{"AWS_CONFIG_FILE": "/dev/null"}},
	} {
		h := newHouse(t)
		h.write(t, ".aws/config", config)
		for name, v := range c.env {
			h.env[name] = v
		}
		if s := h.ok(t, nil); s.Region != c.want {
			t.Errorf("%s: %q, want %q", c.name, s.Region, c.want)
		}
	}
	h := newHouse(t)
	h.write(t, ".aws/config", config)
	h.write(t, ".aws/credentials", "[default]\naws_access_key_id = x\nregion=ap-south-1\n")
	h.write(t, "project/.sshell.toml", "region = 'eu-west-1'")
	if s := h.ok(t, nil); s.Region != "eu-west-1" {
		t.Errorf("a file of ours does not come first: %q", s.Region)
	}
	h.write(t, "project/.sshell.toml", "")
	if s := h.ok(t, nil); s.Region != "ap-south-1" || s.From("region") != h.home+"/.aws/credentials" {
		t.Errorf("%q from %q", s.Region, s.From("region"))
	}
}
