package deploy

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// imaged is Lambda with one function that is an image, each of whose changes takes a few looks.
type imaged struct {
	Lambda
	config  *types.FunctionConfiguration
	uri     string
	digests map[string]string // of the registry, by URI with a tag
	tags    map[string]string
	pending int // looks until it is ready
}

func (l *imaged) GetFunction(context.Context, *sdk.GetFunctionInput, ...func(*sdk.Options)) (*sdk.GetFunctionOutput, error) {
	if l.config == nil {
		return nil, &types.ResourceNotFoundException{}
	}
	c := *l.config
	if c.State, c.LastUpdateStatus = types.StateActive, types.LastUpdateStatusSuccessful; l.pending > 0 {
		l.pending--
		c.LastUpdateStatus = types.LastUpdateStatusInProgress
	}
	return &sdk.GetFunctionOutput{Configuration: &c, Tags: maps.Clone(l.tags), Code: &types.FunctionCodeLocation{ImageUri: aws.String(l.uri),
		ResolvedImageUri: aws.String(repositoryOf(l.uri) + "@sha256:" + aws.ToString(c.CodeSha256))}}, nil
}

func (l *imaged) CreateFunction(_ context.Context, in *sdk.CreateFunctionInput, _ ...func(*sdk.Options)) (*sdk.CreateFunctionOutput, error) {
	if in.PackageType != types.PackageTypeImage || in.Runtime != "" || in.Handler != nil || in.Code.ZipFile != nil {
		return nil, &types.InvalidParameterValueException{Message: aws.String("no image")}
	}
	l.config = &types.FunctionConfiguration{PackageType: in.PackageType, Architectures: in.Architectures, Role: in.Role, Description: in.Description,
		Timeout: in.Timeout, MemorySize: in.MemorySize, Environment: &types.EnvironmentResponse{Variables: in.Environment.Variables}}
	l.uri, l.tags, l.pending = aws.ToString(in.Code.ImageUri), in.Tags, 3
	l.config.CodeSha256 = l.digest(l.uri)
	return &sdk.CreateFunctionOutput{}, nil
}

func (l *imaged) UpdateFunctionCode(_ context.Context, in *sdk.UpdateFunctionCodeInput, _ ...func(*sdk.Options)) (*sdk.UpdateFunctionCodeOutput, error) {
	if l.pending > 0 {
		return nil, &types.ResourceConflictException{Message: aws.String("An update is in progress for resource")}
	}
	sum := l.digest(*in.ImageUri)
	if !in.DryRun {
		l.uri, l.config.Architectures, l.config.CodeSha256, l.pending = *in.ImageUri, in.Architectures, sum, 2
	}
	return &sdk.UpdateFunctionCodeOutput{CodeSha256: sum}, nil
}

// digest is what the registry has under a URI.
func (l *imaged) digest(uri string) *string {
	if _, digest, ok := strings.Cut(uri, "@sha256:"); ok {
		return &digest
	}
	return aws.String(l.digests[uri])
}

// TestImageMoves has a tag that is given to another image, and URIs with digests.
func TestImageMoves(t *testing.T) {
	const repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sshell"
	a := open(t)
	l := &imaged{Lambda: a.Lambda, digests: map[string]string{repository + ":1": "aa"}}
	a.Lambda = l
	p := plan(t)
	for _, step := range []struct {
		uri, has string // the tag's digest by then
		changed  bool
	}{
		{repository + ":1", "aa", false},
		{repository + ":1", "bb", true},
		{repository + ":1", "bb", false},
		{repository + "@sha256:bb", "bb", false},
		{repository + "@sha256:cc", "bb", true},
		{repository + "@sha256:cc", "bb", false},
		{repository + "-2@sha256:cc", "bb", true},
	} {
		l.digests[repository+":1"] = step.has
		p.Code = Code{Image: step.uri, Arch: "arm64"}
		_, lines := a.deploy(t, p)
		if changed := slices.Contains(lines, "~ function sshell: image "+step.uri); changed != step.changed {
			t.Errorf("%s, which is %s: changed %v:\n%s", step.uri, step.has, changed, strings.Join(lines, "\n"))
		}
	}
}

func TestImage(t *testing.T) {
	a := open(t)
	l := &imaged{Lambda: a.Lambda}
	a.Lambda = l
	p := plan(t)
	p.Code = Code{Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/sshell:1", Arch: "arm64"}
	got, lines := a.deploy(t, p)
	hasLines(t, lines, "+ function sshell: arm64")
	if got.Arch != "arm64" || l.pending != 0 || l.uri != p.Code.Image {
		t.Errorf("%+v, %d looks are left", got, l.pending)
	}
	_, lines = a.deploy(t, p)
	hasLines(t, lines, "= function sshell: arm64")
	p.Code = Code{Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/sshell:2", Arch: "amd64"}
	_, lines = a.deploy(t, p)
	hasLines(t, lines, "~ function sshell: image "+p.Code.Image+", x86_64 instead of arm64")
	d, _ := a.deployer()
	if _, err := d.Deploy(t.Context(), plan(t)); err == nil || err.Error() !=
		"function sshell: it is of package type Image, which cannot become Zip: remove it with sshellctl undeploy, or choose another name with --function" {
		t.Error(err)
	}
}
