package emulator

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// fetch gets code that a call only names: an image's root, or the zip in S3, which it reads as the account's owner does.
func (s *Server) fetch(ctx context.Context, src *source) (err *apiError) {
	if src.ImageUri != "" {
		src.image, err = s.storeImage(src.ImageUri)
		return err
	}
	return s.fetchZip(ctx, src)
}

func (s *Server) fetchZip(ctx context.Context, src *source) *apiError {
	if src.S3Bucket == "" && src.S3Key == "" {
		return nil
	}
	if s.S3 == "" {
		return errParameter("Code is taken from the call here: ZipFile, not S3Bucket. There is no S3 server beside this one.")
	}
	store := s3.New(s3.Options{BaseEndpoint: aws.String(s.S3), Region: s.Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, "")})
	in := &s3.GetObjectInput{Bucket: &src.S3Bucket, Key: &src.S3Key}
	if src.S3ObjectVersion != "" {
		in.VersionId = &src.S3ObjectVersion
	}
	out, err := store.GetObject(ctx, in)
	if err == nil {
		src.ZipFile, err = readUpTo(out.Body, maxUnzipped)
		err = errors.Join(err, out.Body.Close())
	}
	var refused smithy.APIError
	switch {
	case errors.As(err, &refused):
		return errParameter("Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s", refused.ErrorCode(), refused.ErrorMessage())
	case err != nil:
		return errService(err)
	case len(src.ZipFile) == 0:
		return errParameter("Could not unzip uploaded file. Please check your file, then try to upload again.")
	}
	return nil
}
