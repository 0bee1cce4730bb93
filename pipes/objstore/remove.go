package objstore

import "context"

// removeBatch is how many keys are deleted at once: what one request can (S3 API, DeleteObjects).
const removeBatch = 1000

// RemoveAll deletes the objects whose keys begin with prefix, as one listing shows them.
func RemoveAll(ctx context.Context, s Store, prefix string) error {
	var keys []string
	for o, err := range s.List(ctx, prefix) {
		if err != nil {
			return err
		}
		keys = append(keys, o.Key)
	}
	for len(keys) > 0 {
		n := min(len(keys), removeBatch)
		if err := s.Delete(ctx, keys[:n]...); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}
