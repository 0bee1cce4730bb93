package emulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// settings are what CreateFunction and UpdateFunctionConfiguration have in common. A nil field is not set.
type settings struct {
	Runtime, Role, Handler, Description *string
	Timeout, MemorySize                 *int
	Environment                         *variables
	EphemeralStorage                    *storage
	RevisionId                          *string
	Layers                              []string
	ImageConfig                         *imageConfig
}

// source is the code of a call.
type source struct {
	ZipFile  []byte
	S3Bucket string
	S3Key    string
	// S3ObjectVersion is one of a bucket that keeps versions.
	S3ObjectVersion string
	ImageUri        string
	image           *code // what that is
	Architectures   []string
	DryRun          bool
	RevisionId      *string
}

func (s *Server) createFunction(r *http.Request) (int, any, *apiError) {
	var req struct {
		settings
		FunctionName, PackageType string
		Code                      source
		Architectures             []string
		Tags                      map[string]string
	}
	if err := decode(r, &req); err != nil {
		return 0, nil, err
	}
	if err := authorizePass(r, req.Role); err != nil {
		return 0, nil, err
	}
	m := names.FindStringSubmatch(req.FunctionName)
	if m == nil || m[2] != "" {
		return 0, nil, errParameter("Value '%s' at 'functionName' failed to satisfy constraint", req.FunctionName)
	}
	if req.PackageType == "" {
		req.PackageType = "Zip"
	}
	if err := req.checkPackage(req.PackageType); err != nil {
		return 0, nil, err
	}
	c := &configuration{FunctionName: m[1], FunctionArn: s.functionARN(m[1]), Timeout: defaultTimeout, MemorySize: minMemory,
		Version: "$LATEST", State: "Active", LastUpdateStatus: "Successful", PackageType: req.PackageType, Architectures: []string{"x86_64"},
		EphemeralStorage: storage{minStorage}}
	c.TracingConfig.Mode = "PassThrough"
	req.Code.Architectures = req.Architectures
	if err := req.settings.apply(c); err != nil {
		return 0, nil, err
	}
	if err := s.fetch(r.Context(), &req.Code); err != nil {
		return 0, nil, err
	}
	if err := s.applyCode(c, req.Code); err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.functions[c.FunctionName] != nil {
		return 0, nil, errConflict("Function already exist: %s", c.FunctionName)
	}
	s.functions[c.FunctionName] = &function{server: s, config: c, tags: req.Tags, all: map[*environment]bool{}}
	return http.StatusCreated, c, nil
}

// checkPackage checks what must be set, and must not, for a kind of package.
func (p *settings) checkPackage(kind string) *apiError {
	switch {
	case kind != "Zip" && kind != "Image":
		return errParameter("Value '%s' at 'packageType' failed to satisfy constraint: [Zip, Image]", kind)
	case p.Role == nil:
		return errParameter("Role is mandatory.")
	case kind == "Zip" && p.Runtime == nil:
		return errParameter("Runtime and Role are mandatory for functions created with deployment packages.")
	case kind == "Image" && (p.Runtime != nil || p.Handler != nil || len(p.Layers) > 0):
		return errParameter("Please don't provide Handler or Runtime or Layer when the intent is to create a function with PackageType as Image.")
	}
	return nil
}

// apply checks settings and puts those that are set into a configuration.
func (p *settings) apply(c *configuration) *apiError {
	if p.Runtime != nil {
		if !strings.HasPrefix(*p.Runtime, "provided") {
			return errParameter("Value %s at 'runtime' failed to satisfy constraint: only [provided.al2023, provided.al2] are run here", *p.Runtime)
		}
		c.Runtime = *p.Runtime
	}
	if p.Role != nil {
		if !strings.HasPrefix(*p.Role, "arn:aws") || !strings.Contains(*p.Role, ":role/") {
			return errParameter("Value '%s' at 'role' failed to satisfy constraint: Member must be the ARN of a role", *p.Role)
		}
		c.Role = *p.Role
	}
	if len(p.Layers) > 0 {
		return errParameter("Layers are not run here.")
	}
	for _, n := range []struct {
		name     string
		from     *int
		to       *int
		min, max int
	}{
		{"timeout", p.Timeout, &c.Timeout, minTimeout, maxTimeout},
		{"memorySize", p.MemorySize, &c.MemorySize, minMemory, maxMemory},
		{"ephemeralStorage", p.EphemeralStorage.size(), &c.EphemeralStorage.Size, minStorage, maxStorage},
	} {
		if n.from == nil {
			continue
		}
		if *n.from < n.min || *n.from > n.max {
			return errParameter("Value '%d' at '%s' failed to satisfy constraint: Member must have value between %d and %d", *n.from, n.name, n.min, n.max)
		}
		*n.to = *n.from
	}
	if p.ImageConfig != nil {
		if e := p.ImageConfig.EntryPoint; len(e) > 0 && !strings.HasPrefix(e[0], "/") {
			return errParameter("Value '%s' at 'imageConfig.entryPoint': a program is named by its whole path here", e[0])
		}
		c.ImageConfigResponse = &imageResponse{p.ImageConfig}
	}
	if p.Handler != nil {
		c.Handler = *p.Handler
	}
	if p.Description != nil {
		c.Description = *p.Description
	}
	c.changed()
	return p.Environment.apply(c)
}

func (s *storage) size() *int {
	if s == nil {
		return nil
	}
	return &s.Size
}

// apply checks variables as the service does.
func (v *variables) apply(c *configuration) *apiError {
	if v == nil {
		return nil
	}
	total := 0
	for name, value := range v.Variables {
		total += len(name) + len(value)
		if strings.HasPrefix(name, "AWS_LAMBDA_") || slices.Contains(reservedVariables, name) {
			return errParameter("Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s", name)
		}
	}
	if total > maxEnviron {
		return errParameter("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.")
	}
	c.Environment = v
	return nil
}

// applyCode stores a call's code and puts it into a configuration.
func (s *Server) applyCode(c *configuration, src source) *apiError {
	switch isImage := c.PackageType == "Image"; {
	case isImage != (src.image != nil) || isImage && len(src.ZipFile) > 0:
		return errParameter("Please provide ImageUri when updating a function with packageType Image, and a zip when it is Zip.")
	case !isImage && len(src.ZipFile) == 0:
		return errParameter("Please provide a source for function code.")
	}
	if len(src.Architectures) > 0 {
		if a := src.Architectures; len(a) != 1 || a[0] != "x86_64" && a[0] != "arm64" {
			return errParameter("Value '%v' at 'architectures' failed to satisfy constraint: [x86_64, arm64]", a)
		}
		c.Architectures = src.Architectures
	}
	code := src.image
	if code == nil {
		var err *apiError
		if code, err = s.storeCode(src.ZipFile); err != nil {
			return err
		}
	}
	c.code, c.CodeSha256, c.CodeSize = code, code.sha256, code.size
	c.changed()
	return nil
}

// with runs do on the function that a call names.
func (s *Server) with(r *http.Request, do func(*function) (int, any, *apiError)) (int, any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.lookup(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
	if err != nil {
		return 0, nil, err
	}
	return do(f)
}

func (s *Server) getFunction(r *http.Request) (int, any, *apiError) {
	return s.with(r, func(f *function) (int, any, *apiError) {
		answer := map[string]any{
			"Configuration": f.config,
			"Code":          s.location(f.config.code),
			"Tags":          f.tags,
		}
		if f.reserved != nil {
			answer["Concurrency"] = concurrency{f.reserved}
		}
		return http.StatusOK, answer, nil
	})
}

// location says where a function's code is.
func (s *Server) location(c *code) map[string]string {
	if c.image != "" {
		return map[string]string{"RepositoryType": "ECR", "ImageUri": c.image, "ResolvedImageUri": c.image}
	}
	return map[string]string{"RepositoryType": "S3", "Location": s.url + codePath + c.digest}
}

func (s *Server) getConfiguration(r *http.Request) (int, any, *apiError) {
	return s.with(r, func(f *function) (int, any, *apiError) { return http.StatusOK, f.config, nil })
}

func (s *Server) listFunctions(*http.Request) (int, any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []*configuration{}
	for _, name := range slices.Sorted(maps.Keys(s.functions)) {
		list = append(list, s.functions[name].config)
	}
	return http.StatusOK, map[string]any{"Functions": list}, nil
}

func (s *Server) updateConfiguration(r *http.Request) (int, any, *apiError) {
	var req settings
	if err := decode(r, &req); err != nil {
		return 0, nil, err
	}
	if err := authorizePass(r, req.Role); err != nil {
		return 0, nil, err
	}
	return s.with(r, func(f *function) (int, any, *apiError) {
		c := *f.config
		if req.RevisionId != nil && *req.RevisionId != c.RevisionId {
			return 0, nil, errRevision()
		}
		if err := req.apply(&c); err != nil {
			return 0, nil, err
		}
		f.reconfigure(&c)
		return http.StatusOK, &c, nil
	})
}

func (s *Server) updateCode(r *http.Request) (int, any, *apiError) {
	var req source
	if err := decode(r, &req); err != nil {
		return 0, nil, err
	}
	if err := s.fetch(r.Context(), &req); err != nil {
		return 0, nil, err
	}
	return s.with(r, func(f *function) (int, any, *apiError) {
		c := *f.config
		if req.RevisionId != nil && *req.RevisionId != c.RevisionId {
			return 0, nil, errRevision()
		}
		if err := s.applyCode(&c, req); err != nil {
			return 0, nil, err
		}
		if !req.DryRun {
			f.reconfigure(&c)
		}
		return http.StatusOK, &c, nil
	})
}

func errRevision() *apiError {
	return &apiError{status: http.StatusPreconditionFailed, code: "PreconditionFailedException",
		message: "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId"}
}

func (s *Server) deleteFunction(r *http.Request) (int, any, *apiError) {
	return s.with(r, func(f *function) (int, any, *apiError) {
		delete(s.functions, f.config.FunctionName)
		f.retire(false)
		return http.StatusNoContent, nil, nil
	})
}
