package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
)

// Lengths of a password in bytes.
const (
	MinPassword = 8
	MaxPassword = 1024
)

// PasswordDeps is what Passwords needs; zero values mean the defaults.
type PasswordDeps struct {
	Params   argon2id.Params // 64 MiB, 3 passes, 1 lane, salt of 16 bytes, tag of 32
	AtATime  int             // how many hashes are computed at a time: 4
	WaitMost time.Duration   // how long one waits for its turn before fault Unavailable: 10 s
}

// Passwords hashes and verifies passwords. It is safe for concurrent use.
type Passwords struct {
	params argon2id.Params
	turns  chan struct{}
	wait   time.Duration
	nobody string // a hash of nothing anybody knows
}

var _ ports.Passwords = (*Passwords)(nil)

// NewPasswords makes a Passwords; it computes nothing yet.
func NewPasswords(d PasswordDeps) *Passwords {
	if d.Params == (argon2id.Params{}) {
		d.Params = argon2id.Params{Memory: 64 << 10, Iterations: 3, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	}
	if d.AtATime <= 0 {
		d.AtATime = 4
	}
	if d.WaitMost <= 0 {
		d.WaitMost = 10 * time.Second
	}
	return &Passwords{
		params: d.Params, turns: make(chan struct{}, d.AtATime), wait: d.WaitMost, nobody: nobody(d.Params),
	}
}

// Hash answers the PHC string to store for password. A length outside 8 to 1024 bytes is fault Invalid with advice for
// the field "password", bad_password; so is one that is tried first by whoever guesses, common_password. Too many waiting is
// fault Unavailable.
func (p *Passwords) Hash(ctx context.Context, password secret.String) (string, error) {
	if err := checkLength(password); err != nil {
		return "", err
	}
	if common(password.Reveal()) {
		return "", errCommon
	}
	done, err := p.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	phc, err := argon2id.CreateHash(password.Reveal(), &p.params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return phc, nil
}

// Verify says whether phc is of password, and when it is, whether it was made with other parameters than today's and
// should be replaced by a new Hash. For an account that does not exist phc is "": the work is the same and the answer
// false. A password of impossible length is false at once, whatever the account. A phc that cannot be read is fault
// Internal password_hash_bad; too many waiting is fault Unavailable.
func (p *Passwords) Verify(ctx context.Context, password secret.String, phc string) (ok, rehash bool, err error) {
	if checkLength(password) != nil {
		return false, false, nil
	}
	known := phc != ""
	if !known {
		phc = p.nobody
	}
	if err := checkPHC(phc); err != nil {
		return false, false, err
	}
	done, err := p.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	match, params, err := argon2id.CheckHash(password.Reveal(), phc)
	if err != nil {
		return false, false, badHash()
	}
	ok = match && known
	return ok, ok && *params != p.params, nil
}

// turn waits for a place among those that compute, and answers what gives it back.
func (p *Passwords) turn(ctx context.Context) (done func(), err error) {
	t := time.NewTimer(p.wait)
	defer t.Stop()
	select {
	case p.turns <- struct{}{}:
		return func() { <-p.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-t.C:
		f := fault.New(fault.Unavailable, "sign_in_busy", "Too many sign-ins at this moment. Try again shortly.")
		f.RetryAfter = p.wait
		return nil, f
	}
}

// checkPHC keeps a hash that somebody wrote into the database from taking all memory, hours, or a panic.
func checkPHC(phc string) error {
	const maxPHC = 512
	if len(phc) > maxPHC {
		return badHash()
	}
	p, _, _, err := argon2id.DecodeHash(phc)
	if err != nil {
		return badHash()
	}
	sane := p.Memory >= 8 && p.Memory <= 1<<20 && p.Iterations >= 1 && p.Iterations <= 20 &&
		p.Parallelism >= 1 && p.Parallelism <= 16 && p.SaltLength >= 8 && p.KeyLength >= 16
	if !sane {
		return badHash()
	}
	return nil
}

// badHash has no cause: texts of the decoder could hold parts of the hash.
func badHash() error {
	return fault.New(fault.Internal, "password_hash_bad", "The stored password cannot be checked. Reset the password.")
}

func checkLength(password secret.String) error {
	n := len(password.Reveal())
	if n >= MinPassword && n <= MaxPassword {
		return nil
	}
	return fault.New(fault.Invalid, "bad_password", "The password is too short or too long.").
		Field("password", fmt.Sprintf("Use %d to %d bytes.", MinPassword, MaxPassword))
}

// nobody answers a well-formed hash whose tag is random: checking it costs what checking any other does.
func nobody(p argon2id.Params) string {
	b := make([]byte, p.SaltLength+p.KeyLength)
	_, _ = rand.Read(b)
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s",
		p.Memory, p.Iterations, p.Parallelism, enc(b[:p.SaltLength]), enc(b[p.SaltLength:]))
}
