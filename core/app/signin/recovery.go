package signin

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	recoveryChars = 10
	// recoveryLetters are 32, so that five random bits are one of them, without those that are mistaken: 0 and o, 1 and l.
	recoveryLetters = "23456789abcdefghijkmnpqrstuvwxyz"
	recoveryPurpose = "recovery-code"
)

// NewRecoveryCodes puts new recovery codes in the place of all there were, and answers them this once. Fault
// no_second_factor for somebody without a second factor.
func (s *Service) NewRecoveryCodes(ctx context.Context, w Who) (out []secret.String, err error) {
	err = s.change(ctx, w, func(c own) (map[string]string, error) {
		have, err := people.FactorsOf(ctx, c.tx, w.User)
		if err != nil {
			return nil, err
		}
		if !have.Any() {
			return nil, errNoFactor
		}
		out, err = s.issueCodes(ctx, c.tx, w.User)
		return map[string]string{"recovery_codes": "renewed"}, err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// firstCodes issues recovery codes to somebody who has none.
func (s *Service) firstCodes(ctx context.Context, tx ports.PlatformTx, u tenant.UserID) ([]secret.String, error) {
	if n, err := tx.Factors().RecoveryCodes(ctx, u); err != nil || n > 0 {
		return nil, err
	}
	return s.issueCodes(ctx, tx, u)
}

func (s *Service) issueCodes(ctx context.Context, tx ports.PlatformTx, u tenant.UserID) ([]secret.String, error) {
	codes := make([]secret.String, tenant.RecoveryCodeCount)
	hashes := make([]token.Hash, len(codes))
	for i := range codes {
		c := newRecoveryCode()
		var err error
		if hashes[i], err = s.recoveryHash(ctx, u, c); err != nil {
			return nil, err
		}
		codes[i] = secret.NewString(c[:recoveryChars/2] + "-" + c[recoveryChars/2:])
	}
	return codes, tx.Factors().SetRecoveryCodes(ctx, u, hashes)
}

func newRecoveryCode() string {
	var b [recoveryChars]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	for i := range b {
		b[i] = recoveryLetters[int(b[i])%len(recoveryLetters)]
	}
	return string(b[:])
}

// recoveryForm answers a code as it was hashed: lower case, without dashes and spaces; "" for what is none by its form.
func recoveryForm(code string) string {
	const most = 40
	if len(code) > most {
		return ""
	}
	code = strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))
	if len(code) != recoveryChars || strings.Trim(code, recoveryLetters) != "" {
		return ""
	}
	return code
}

// recoveryHash is keyed, since 50 bits are few for somebody with the database and time: HMAC-SHA-256 under a key that the
// database does not hold in the clear, of the person and the code.
func (s *Service) recoveryHash(ctx context.Context, u tenant.UserID, code string) (h token.Hash, err error) {
	sum, err := s.Sealer.MAC(ctx, recoveryPurpose, []byte(string(u)+"\x00"+code))
	copy(h[:], sum)
	return h, err
}
