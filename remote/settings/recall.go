package settings

// recall finds the record in force, and takes from it what is not set.
func (s *Settings) recall(env func(string) string) error {
	all, err := records(env)
	if err != nil {
		return err
	}
	d := s.choose(all, Endpoint(env), env("AWS_PROFILE"))
	if d == nil {
		return nil
	}
	s.Deployed = d
	take(s, "bucket", &s.Bucket, d.Bucket, env)
	take(s, "function", &s.Function, d.Function, env)
	take(s, "region", &s.Region, d.Region, env)
	take(s, "arch", &s.Arch, d.Arch, env)
	take(s, "timeout", &s.Timeout, d.Timeout, env)
	take(s, "memory", &s.Memory, d.Memory, env)
	take(s, "storage", &s.Storage, d.Storage, env)
	return nil
}

// take gives a setting that has no value the recorded one, if there is one.
func take[T comparable](s *Settings, name string, to *T, recorded T, env func(string) string) {
	var none T
	if s.from[name] == "" && recorded != none {
		*to, s.from[name] = recorded, RecordFile(env)
	}
}

// choose gives the latest record of the endpoint and, as far as they are known, of the region and the function; one of the
// same profile before others, since those who deploy and those who use it may have profiles of their own.
func (s *Settings) choose(all []Deployed, endpoint, profile string) *Deployed {
	var found *Deployed
	for i := range all {
		d := &all[i]
		if d.Endpoint != endpoint || s.Region != "" && d.Region != s.Region || s.Function != "" && d.Function != s.Function {
			continue
		}
		if found == nil || d.Profile == profile || found.Profile != profile {
			found = d
		}
	}
	return found
}
