package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sshell/pipes/objstore"
)

// List implements objstore.Store.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[objstore.Object, error] {
	return s.list(ctx, prefix, nil)
}

// Level implements objstore.Leveler.
func (s *Store) Level(ctx context.Context, prefix string) iter.Seq2[objstore.Object, error] {
	return s.list(ctx, prefix, aws.String("/"))
}

func (s *Store) list(ctx context.Context, prefix string, delimiter *string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(objstore.Object{}, err)
			return
		}
		if prefix != "" && (objstore.CheckKey(prefix) != nil || !utf8.ValidString(prefix)) {
			return // no key begins so
		}
		pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix,
			Delimiter: delimiter, EncodingType: types.EncodingTypeUrl})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				err = s.keyError(ctx, "list", prefix, err)
			}
			all, err := objects(page, err)
			if err != nil {
				yield(objstore.Object{}, err)
				return
			}
			for _, o := range all {
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

// objects are those of a page, with its folders among them.
func objects(page *s3.ListObjectsV2Output, err error) ([]objstore.Object, error) {
	if err != nil {
		return nil, err
	}
	var all []objstore.Object
	for _, o := range page.Contents {
		key, err := decode(page, o.Key)
		if err != nil {
			return nil, err
		}
		all = append(all, objstore.Object{Key: key, Size: aws.ToInt64(o.Size), ModTime: modTime(o.LastModified), Version: version(o.ETag)})
	}
	for _, p := range page.CommonPrefixes {
		key, err := decode(page, p.Prefix)
		if err != nil {
			return nil, err
		}
		all = append(all, objstore.Object{Key: key, Size: objstore.FolderSize})
	}
	slices.SortFunc(all, func(a, b objstore.Object) int { return cmp.Compare(a.Key, b.Key) })
	return all, nil
}

// decode takes the encoding away that lets XML carry every key. A server that does not know it leaves keys as they are,
// and says so.
func decode(page *s3.ListObjectsV2Output, key *string) (string, error) {
	if page.EncodingType != types.EncodingTypeUrl {
		return aws.ToString(key), nil
	}
	decoded, err := url.QueryUnescape(aws.ToString(key))
	if err != nil {
		return "", fmt.Errorf("decode listed key: %w", err)
	}
	return decoded, nil
}

// deleteBatch is how many keys one request removes at most (S3 API Reference, "DeleteObjects").
const deleteBatch = 1000

// Delete implements objstore.Store.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := begin(ctx, "delete", key); err != nil {
			return err
		}
	}
	var batch, single []string
	for _, key := range keys {
		if len(keys) == 1 || strings.ContainsFunc(key, notXML) {
			single = append(single, key)
		} else {
			batch = append(batch, key)
		}
	}
	slices.Sort(batch)
	var errs []error
	for keys := range slices.Chunk(slices.Compact(batch), deleteBatch) {
		errs = append(errs, s.deleteSome(ctx, keys))
	}
	for _, key := range single {
		_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
		if name := code(err); name != codeNoKey && name != codeNotFound {
			errs = append(errs, s.keyError(ctx, "delete", key, err))
		}
	}
	return errors.Join(errs...)
}

// notXML reports whether XML 1.0 has no place for a character, not even as a reference.
func notXML(c rune) bool {
	return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xfffe || c == 0xffff
}

func (s *Store) deleteSome(ctx context.Context, keys []string) error {
	ids := make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		ids[i].Key = &keys[i]
	}
	out, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &s.bucket,
		Delete: &types.Delete{Objects: ids, Quiet: aws.Bool(true)}})
	if err != nil {
		return s.keyError(ctx, "delete", keys[0], err)
	}
	var errs []error
	for _, e := range out.Errors {
		if name := aws.ToString(e.Code); name != codeNoKey && name != codeNotFound {
			errs = append(errs, objstore.KeyError("delete", aws.ToString(e.Key), fmt.Errorf("S3 answers %s: %s", name, oneLine(aws.ToString(e.Message)))))
		}
	}
	return errors.Join(errs...)
}
