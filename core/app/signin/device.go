package signin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// A browser that somebody signed in with keeps a proof of it, which outlives the session: others who try passwords for that
// account do not keep its owner out. It opens nothing: it only says that tries of this browser are counted by themselves.
// The server keeps nothing of it. It is number, time and MAC of both with the account's address, so that no look-up tells
// whether there is such an account.
const (
	// DeviceFor is how long after the last sign-in or proof of identity a browser is known.
	DeviceFor     = 90 * 24 * time.Hour
	devicePurpose = "device"
	deviceNumber  = 16
	deviceHead    = deviceNumber + 8
	deviceMAC     = 32
)

// Device is a browser that is known, by a number that is its own: another one with each sign-in.
type Device [deviceNumber]byte

// NewDevice answers what the browser keeps of a person who has signed in with it: 75 characters of base64url.
func (s *Service) NewDevice(ctx context.Context, u tenant.UserID) (secret.String, error) {
	who, err := view(ctx, s, func(tx ports.PlatformTx) (tenant.User, error) { return tx.Users().Get(ctx, u) })
	if err != nil {
		return secret.String{}, err
	}
	var head [deviceHead]byte
	_, _ = rand.Read(head[:deviceNumber]) // never fails: crypto/rand ends the program instead
	binary.BigEndian.PutUint64(head[deviceNumber:], uint64(s.Now().Unix()))
	sum, err := s.deviceSum(ctx, head[:], who.Email)
	if err != nil {
		return secret.String{}, err
	}
	return secret.NewString(base64.RawURLEncoding.EncodeToString(append(head[:], sum...))), nil
}

// KnownDevice answers the browser that keeps what NewDevice answered for the account of that address, no longer than
// DeviceFor ago; not ok for any other.
func (s *Service) KnownDevice(ctx context.Context, email string, kept secret.String) (d Device, ok bool, err error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(kept.Reveal())
	if err != nil || len(b) != deviceHead+deviceMAC {
		return Device{}, false, nil
	}
	want, err := s.deviceSum(ctx, b[:deviceHead], email)
	if err != nil || !hmac.Equal(want, b[deviceHead:]) {
		return Device{}, false, err
	}
	made := time.Unix(int64(binary.BigEndian.Uint64(b[deviceNumber:])), 0)
	return Device(b[:deviceNumber]), s.Now().Sub(made) <= DeviceFor, nil
}

func (s *Service) deviceSum(ctx context.Context, head []byte, email string) ([]byte, error) {
	return s.Sealer.MAC(ctx, devicePurpose, append(head[:len(head):len(head)], tenant.EmailKey(email)...))
}
