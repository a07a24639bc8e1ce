package seal

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
)

const kekSize = 32

// checkPlain is what a check value seals: a constant, bound to the KEK's id.
const checkPlain = "ignisfox kek check"

// kek is one key-encryption key, ready for use.
type kek struct {
	id      string // 8 hex digits
	aead    tink.AEAD
	staged  bool // by the source
	retired bool // by the database: nothing can be stored under it any more
}

// newKEK makes a one-key Tink keyset of raw bytes, so that what it wraps begins with its id. It keeps a copy of raw.
func newKEK(id string, raw secret.Bytes) (*kek, error) {
	n, ok := parseKEKID(id)
	if !ok {
		return nil, fmt.Errorf("bad KEK id")
	}
	params, err := aesgcm.NewParameters(aesgcm.ParametersOpts{
		KeySizeInBytes: kekSize, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink,
	})
	if err != nil {
		return nil, fmt.Errorf("KEK parameters: %w", err)
	}
	key, err := aesgcm.NewKey(secretdata.NewBytesFromData(raw.Reveal(), insecuresecretdataaccess.Token{}), n, params)
	if err != nil {
		return nil, fmt.Errorf("KEK %s: %w", id, err)
	}
	m := keyset.NewManager()
	if _, err := m.AddKey(key); err != nil {
		return nil, fmt.Errorf("KEK %s: %w", id, err)
	}
	if err := m.SetPrimary(n); err != nil {
		return nil, fmt.Errorf("KEK %s: %w", id, err)
	}
	h, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("KEK %s: %w", id, err)
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("KEK %s: %w", id, err)
	}
	return &kek{id: id, aead: a}, nil
}

// check makes the value by which the database knows this KEK again.
func (k *kek) check() (ports.KEKCheck, error) {
	b, err := k.aead.Encrypt([]byte(checkPlain), joinAD(adVersion, "kek-check", k.id))
	if err != nil {
		return ports.KEKCheck{}, fmt.Errorf("check value of KEK %s: %w", k.id, err)
	}
	return ports.KEKCheck{ID: k.id, Check: b}, nil
}

// matches says whether c was made with this very key.
func (k *kek) matches(c ports.KEKCheck) bool {
	b, err := k.aead.Decrypt(c.Check, joinAD(adVersion, "kek-check", k.id))
	return err == nil && c.ID == k.id && string(b) == checkPlain
}

// parseKEKID reads 8 lower-case hex digits; 0 is no id.
func parseKEKID(s string) (uint32, bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 4 || hex.EncodeToString(b) != s {
		return 0, false
	}
	n := binary.BigEndian.Uint32(b)
	return n, n != 0
}

// newKEKLine makes a new key that has none of the taken ids.
func newKEKLine(taken map[string]bool) line {
	for {
		var id [4]byte
		_, _ = rand.Read(id[:])
		s := hex.EncodeToString(id[:])
		if _, ok := parseKEKID(s); ok && !taken[s] {
			raw := make([]byte, kekSize)
			_, _ = rand.Read(raw)
			return line{id: s, raw: secret.NewBytes(raw)}
		}
	}
}

// ring is the KEKs of one reading of the source. All unwrap. The first is what a rotation leads to.
type ring struct {
	keks []*kek
	// wraps is what new keysets are wrapped by: the KEK that the platform's keyset is under, which a rotation moves
	// first. All servers go over to a new KEK at that moment, whatever order the keys have in the copies of the file
	// that each of them read.
	wraps *kek
}

func newRing(lines []line) (*ring, error) {
	r := &ring{}
	for _, l := range lines {
		k, err := newKEK(l.id, l.raw)
		if err != nil {
			return nil, err
		}
		k.staged = l.staged
		r.keks = append(r.keks, k)
	}
	return r, nil
}

// staged answers the KEK that waits to be promoted, nil without one.
func (r *ring) staged() *kek {
	for _, k := range r.keks {
		if k.staged {
			return k
		}
	}
	return nil
}

func (r *ring) primary() *kek { return r.keks[0] }

// get answers the KEK of this id, nil when the ring has none.
func (r *ring) get(id string) *kek {
	for _, k := range r.keks {
		if k.id == id {
			return k
		}
	}
	return nil
}

// kekLabel answers an id that came out of the database as it may be shown: as it is, or "(damaged)".
func kekLabel(id string) string {
	if _, ok := parseKEKID(id); !ok {
		return "(damaged)"
	}
	return id
}
