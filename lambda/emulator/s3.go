package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

const (
	// s3Connections is how many connections, and requests at a time, the S3 server takes. It turns more away with 503,
	// as S3 does; 1,000 environments with 4 blocks in flight each stay below it.
	s3Connections = 8192
	// s3Parts is S3's limit of parts in one upload (S3 User Guide, "Amazon S3 multipart upload limits").
	s3Parts = 10000
	// s3Copy is the most bytes that one request copies (S3 API Reference, "CopyObject" and "UploadPartCopy").
	s3Copy = 5 << 30
	// s3Ports is how many free ports are tried: another process may take one between the look for it and its use.
	s3Ports = 10
)

// S3Config says how ServeS3 serves.
type S3Config struct {
	// Root is the folder that holds a folder per bucket. It must exist; it is made absolute before anything else. Its file
	// system must have extended attributes of users (ext4, xfs, btrfs, and tmpfs since Linux 6.6 have them).
	Root string
	// AccessKey and SecretKey are the account's; they may do all. Both must be set.
	AccessKey, SecretKey string
	// Identities is the file of the account's users and roles, Config.Identities of the Server that has them; nobody else has a key if it
	// is empty.
	Identities string
	// Region is what requests must be signed for; us-east-1 if it is empty.
	Region string
	// Address is the loopback address and port to listen on; 127.0.0.1 and a free port if it is empty.
	Address string
	// Faults are what goes wrong with calls; nothing if it is nil. With it, calls cross one more loopback connection.
	Faults *Faults
	// Ahead is by how much the service's clock is ahead of this machine's; it may be negative. If it is not 0, calls cross that connection too.
	Ahead time.Duration
	// Ready is called once, from another goroutine, when the server accepts connections, with the URL that clients take as endpoint.
	Ready func(endpoint string)
}

// ServeS3 serves the S3 API from a folder until ctx ends, and then returns nil once its connections are closed, or after
// 10 s if clients keep theirs open. It prints nothing to standard output.
//
// A process can have one such server at a time, and it is changed by it: its working directory becomes the root folder.
// So whatever else the process does must use absolute names.
//
// The server keeps objects as files under their keys, and differs from S3 in what follows from that: a key cannot exist
// beside keys that have it as their folder (the second Put fails with 409), a key that ends in a slash can hold no data,
// a part of a key between slashes has at most 255 bytes, and "." and ".." are none. Rules of a bucket's lifecycle are
// kept and shown, and nothing expires. Keys with bytes that XML cannot carry are stored but not listed
// faithfully, since a listing's encoding-type is not heeded.
func ServeS3(ctx context.Context, c S3Config) error {
	if c.Faults != nil || c.Ahead != 0 {
		return serveFrontedS3(ctx, c)
	}
	root, err := filepath.Abs(c.Root)
	if err != nil {
		return fmt.Errorf("serve s3: %w", err)
	}
	if err := (meta.XattrMeta{}).Test(root); err != nil {
		return fmt.Errorf("serve s3: %s: %w", root, err)
	}
	if c.Address != "" {
		if err := checkLoopback(c.Address); err != nil {
			return fmt.Errorf("serve s3: %w", err)
		}
		return serveS3(ctx, root, c.Address, c)
	}
	for range s3Ports {
		address, err := freePort()
		if err != nil {
			return fmt.Errorf("serve s3: %w", err)
		}
		if err = serveS3(ctx, root, address, c); !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
	}
	return fmt.Errorf("serve s3: none of %d free ports stayed free: %w", s3Ports, syscall.EADDRINUSE)
}

// serveS3 serves at one address.
func serveS3(ctx context.Context, root, address string, c S3Config) error {
	store, err := posix.New(root, meta.XattrMeta{}, posix.PosixOpts{
		ForceNoTmpFile:      true, // an object that replaces one would be listed under a second name on the way
		ForceNoObjLockFile:  true, // nobody else serves this folder
		CopyObjectThreshold: s3Copy,
	})
	if err != nil {
		return fmt.Errorf("open s3 root: %w", err)
	}
	var ready atomic.Bool
	known := c.accounts()
	rules := &lifecycles{accounts: known}
	err = embedgw.RunVersityGW(ctx, store, &embedgw.Config{
		RootUserAccess:    c.AccessKey,
		RootUserSecret:    c.SecretKey,
		Region:            c.Region,
		Ports:             []string{address},
		MaxConnections:    s3Connections,
		MaxRequests:       s3Connections,
		MultipartMaxParts: s3Parts,
		Quiet:             true,
		KeepAlive:         true,
		IAMService:        known,
		S3Options: []s3api.Option{s3api.WithMiddleware("/", rules.serve), s3api.WithOnListen(func() {
			if c.Ready != nil && !ready.Swap(true) {
				c.Ready("http://" + address)
			}
		})},
	})
	if err != nil {
		return fmt.Errorf("serve s3 on %s: %w", address, err)
	}
	return nil
}

func (c *S3Config) accounts() *accounts {
	own := auth.Account{Access: c.AccessKey, Secret: c.SecretKey, Role: auth.RoleAdmin}
	return &accounts{IAMService: auth.NewIAMServiceSingle(own), path: c.Identities}
}

// freePort finds an address on loopback that nobody listens on. The server cannot be handed a listener.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// checkLoopback refuses an address that other machines could reach.
func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("address %s: %w: only loopback is served", address, os.ErrInvalid)
	}
	return nil
}
