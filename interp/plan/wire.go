package plan

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// The wire carries every Go string as a CBOR byte string: shell strings are bytes and need not be UTF-8.
var (
	wireEncoding = cbor.EncOptions{String: cbor.StringToByteString}
	wireDecoding = cbor.DecOptions{
		ByteStringToString: cbor.ByteStringToStringAllowed,
		MaxArrayElements:   2147483647, // what the library allows at most: arrays have no bound of ours
		MaxMapPairs:        2147483647,
		UTF8:               cbor.UTF8DecodeInvalid,
	}
)

// Marshal writes v, a value made of this package's or remote's types, in the form that travels.
func Marshal(v any) ([]byte, error) {
	mode, err := wireEncoding.EncMode()
	if err != nil {
		return nil, fmt.Errorf("set up wire encoding: %w", err)
	}
	return mode.Marshal(v)
}

// Unmarshal reads into v what Marshal wrote.
func Unmarshal(data []byte, v any) error {
	mode, err := wireDecoding.DecMode()
	if err != nil {
		return fmt.Errorf("set up wire decoding: %w", err)
	}
	return mode.Unmarshal(data, v)
}

// EncodeSnapshot writes a snapshot in the form that travels.
func EncodeSnapshot(s *Snapshot) ([]byte, error) {
	s.Version = SnapshotVersion
	return Marshal(s)
}

// DecodeSnapshot reads what EncodeSnapshot wrote. Another version is an error.
func DecodeSnapshot(data []byte) (*Snapshot, error) {
	s := new(Snapshot)
	if err := Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	if s.Version != SnapshotVersion {
		return nil, fmt.Errorf("read snapshot: version %d, want %d", s.Version, SnapshotVersion)
	}
	return s, nil
}
