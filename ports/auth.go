package ports

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Passwords hashes and compares passwords. It bounds how many run at a time.
type Passwords interface {
	// Hash answers a PHC string; a password that is too short, too long or among those tried first is fault Invalid, field
	// password.
	Hash(ctx context.Context, password secret.String) (string, error)
	// Verify compares; an empty phc stands for an account that does not exist and takes the same time. rehash says that
	// the parameters of phc are out of date.
	Verify(ctx context.Context, password secret.String, phc string) (ok, rehash bool, err error)
}

// OneTimeCodes makes and checks the codes of authenticator apps (TOTP: SHA-1, 6 digits, 30 seconds).
type OneTimeCodes interface {
	// New answers a fresh secret.
	New() (secret.Bytes, error)
	// Enrolment answers what an app is told: the key in base32 and a QR code as PNG.
	Enrolment(key secret.Bytes, account string) (Enrolment, error)
	// Check answers the time step that code is right for, within one step of now. Only a step greater than after counts.
	Check(key secret.Bytes, code string, now time.Time, after int64) (step int64, ok bool)
}

// Enrolment is how a person brings a key into their app.
type Enrolment struct {
	Key secret.String // base32
	URI secret.String // otpauth://totp/…
	PNG secret.Bytes  // the URI as QR code
}

// PasskeyOwner is a person with the passkeys they have.
type PasskeyOwner struct {
	User     tenant.User
	Passkeys []tenant.Passkey
}

// Passkeys speaks WebAuthn: user verification is required, discoverable credentials are asked for. What a browser answers
// is JSON of the standard's encoding. Answers that prove nothing are fault Unauthenticated, code passkey_refused.
type Passkeys interface {
	// BeginEnrol answers the options for navigator.credentials.create and the state to be kept until the answer.
	BeginEnrol(ctx context.Context, o PasskeyOwner) (options, state []byte, err error)
	// FinishEnrol answers the new passkey without id, name and times.
	FinishEnrol(ctx context.Context, o PasskeyOwner, state, answer []byte) (tenant.Passkey, error)
	// BeginUse answers the options for navigator.credentials.get. An owner without passkeys asks for any discoverable one.
	BeginUse(ctx context.Context, o PasskeyOwner) (options, state []byte, err error)
	// FinishUse proves the answer. find answers whose the credential is (fault NotFound when nobody's). The passkey comes
	// back with its new Data. A counter that ran backwards is refused: the passkey was cloned.
	FinishUse(ctx context.Context, state, answer []byte, find func(credentialID []byte) (PasskeyOwner, error)) (tenant.Passkey, error)
}
