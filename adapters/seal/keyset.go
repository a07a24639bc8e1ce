package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	blobV1      = 0x01
	macRootSize = 32
)

// keys is a keyset unwrapped.
type keys struct {
	aead    tink.AEAD
	macRoot []byte // of the platform alone
}

// A wrapped keyset is the version byte, the length of the first part (4 bytes) and two parts: the Tink keyset encrypted
// by the KEK, and, for the platform alone, the MAC root encrypted by the KEK. Each is bound to its tenant.
func packBlob(wrapped, mac []byte) []byte {
	out := []byte{blobV1}
	out = binary.BigEndian.AppendUint32(out, uint32(len(wrapped)))
	out = append(out, wrapped...)
	return append(out, mac...)
}

func unpackBlob(b []byte) (wrapped, mac []byte, err error) {
	if len(b) < 5 || b[0] != blobV1 {
		return nil, nil, errors.New("wrapped keyset: unknown form")
	}
	n := binary.BigEndian.Uint32(b[1:5])
	rest := b[5:]
	if uint64(n) > uint64(len(rest)) {
		return nil, nil, errors.New("wrapped keyset: cut short")
	}
	return rest[:n], rest[n:], nil
}

// newKeyset makes a keyset of one XAES-256-GCM key with a nonce of 192 bits, wrapped.
func newKeyset(k *kek, id tenant.ID) (ports.WrappedKeyset, error) {
	h, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return ports.WrappedKeyset{}, fmt.Errorf("new keyset: %w", err)
	}
	var root []byte
	if id == "" {
		root = make([]byte, macRootSize)
		_, _ = rand.Read(root)
		defer clear(root)
	}
	return wrap(k, id, h, root)
}

func wrap(k *kek, id tenant.ID, h *keyset.Handle, root []byte) (ports.WrappedKeyset, error) {
	var buf bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&buf), k.aead, keysetAD("keyset", id)); err != nil {
		return ports.WrappedKeyset{}, fmt.Errorf("wrap keyset: %w", err)
	}
	var mac []byte
	if id == "" {
		var err error
		if mac, err = k.aead.Encrypt(root, keysetAD("mac", id)); err != nil {
			return ports.WrappedKeyset{}, fmt.Errorf("wrap mac root: %w", err)
		}
	}
	return ports.WrappedKeyset{KEK: k.id, Blob: packBlob(buf.Bytes(), mac)}, nil
}

// open decrypts the parts of a blob.
func open(k *kek, id tenant.ID, blob []byte) (*keyset.Handle, []byte, error) {
	wrapped, mac, err := unpackBlob(blob)
	if err != nil {
		return nil, nil, err
	}
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), k.aead, keysetAD("keyset", id))
	if err != nil {
		return nil, nil, fmt.Errorf("unwrap keyset: %w", err)
	}
	if id != "" {
		if len(mac) != 0 {
			return nil, nil, errors.New("wrapped keyset: bytes behind its end")
		}
		return h, nil, nil
	}
	root, err := k.aead.Decrypt(mac, keysetAD("mac", id))
	if err != nil || len(root) != macRootSize {
		return nil, nil, errors.New("unwrap mac root: it does not open")
	}
	return h, root, nil
}

func unwrap(k *kek, id tenant.ID, blob []byte) (*keys, error) {
	h, root, err := open(k, id, blob)
	if err != nil {
		return nil, err
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	return &keys{aead: a, macRoot: root}, nil
}

// rewrap answers the same keys wrapped by another KEK.
func rewrap(from, to *kek, id tenant.ID, blob []byte) (ports.WrappedKeyset, error) {
	h, root, err := open(from, id, blob)
	if err != nil {
		return ports.WrappedKeyset{}, err
	}
	defer clear(root)
	return wrap(to, id, h, root)
}
