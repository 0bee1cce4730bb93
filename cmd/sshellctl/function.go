package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sshell/lambda/deploy"
	"sshell/remote/agent"
	"sshell/remote/settings"
)

// deployment makes in the emulated account what sshellctl deploy makes in a real one, of the programs beside this one.
func (s *services) deployment(ctx context.Context) (settings.Deployed, error) {
	dir, err := deploy.FindPrograms(filepath.Dir(s.self), runtime.GOARCH)
	if err != nil {
		return settings.Deployed{}, err
	}
	code, err := deploy.Pack(dir, runtime.GOARCH)
	if err != nil {
		return settings.Deployed{}, err
	}
	cfg := aws.Config{Region: s.options.region, Credentials: credentials.NewStaticCredentialsProvider(s.key, s.secret, "")}
	url := aws.String(s.lambda.URL())
	d := &deploy.Deployer{
		Clients: deploy.Clients{
			S3: s3.NewFromConfig(cfg, func(o *s3.Options) {
				o.BaseEndpoint, o.UsePathStyle = aws.String(s.store.endpoint), true
			}),
			IAM:    iam.NewFromConfig(cfg, func(o *iam.Options) { o.BaseEndpoint = url }),
			Lambda: sdk.NewFromConfig(cfg, func(o *sdk.Options) { o.BaseEndpoint = url }),
			STS:    sts.NewFromConfig(cfg, func(o *sts.Options) { o.BaseEndpoint = url }),
		},
		Out: io.Discard,
	}
	return d.Deploy(ctx, deploy.Plan{
		Function: deploy.DefaultFunction, Region: s.options.region, Code: code, Build: agent.Build(),
		Write: []string{"*"}, // whoever emulates has all buckets for the functions
	})
}

// deployed gives the variables that lead to the function. Without its programs there is none, which is said.
func (s *services) deployed(ctx context.Context, stderr io.Writer) []string {
	if s.options.bare {
		return nil
	}
	d, err := s.deployment(ctx)
	if err != nil {
		fmt.Fprintf(stderr, "sshellctl: emulate: no function is deployed: %v\n", err)
		return nil
	}
	return []string{"SSHELL_FUNCTION=" + d.Function, "SSHELL_BUCKET=" + d.Bucket}
}
