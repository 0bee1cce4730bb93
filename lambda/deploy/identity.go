package deploy

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// STS tells who calls.
type STS interface {
	GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
}

// identity is whose account it is.
type identity struct {
	account   string
	partition string // the first part of ARNs: aws, aws-cn, …
	arn       string
}

func identify(ctx context.Context, s STS) (*identity, *sts.GetCallerIdentityOutput, error) {
	out, err := s.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, nil, explain("account", err)
	}
	id := &identity{account: aws.ToString(out.Account), partition: "aws", arn: aws.ToString(out.Arn)}
	if parts := strings.Split(id.arn, ":"); len(parts) > 1 && parts[1] != "" {
		id.partition = parts[1]
	}
	return id, out, nil
}

// bucketName is the default name of a bucket: bucket names are shared by all accounts of the world.
func (id *identity) bucketName(region string) string { return "sshell-" + id.account + "-" + region }
