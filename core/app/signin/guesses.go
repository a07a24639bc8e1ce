package signin

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Wrong codes of an app are counted per person, in the row of the app, over all sign-ins and proofs of identity: whoever
// knows the password begins as many sign-ins as they like. After freeGuesses of them the app has to wait before each next
// code; passkeys and recovery codes do not. A right second factor of whatever sort begins the count anew, and says how many
// there were.
const (
	freeGuesses   = 20
	firstWait     = 15 * time.Minute
	waitDoublings = 4 // up to four hours
)

// guessWait answers how long the app has to wait before its next code is looked at.
func guessWait(a tenant.Authenticator, now time.Time) time.Duration {
	if a.WrongCodes < freeGuesses || now.Before(a.WrongAt.Add(-tenant.ClockMayLag)) { // a clock was set back: nobody waits for it
		return 0
	}
	wait := firstWait << min(a.WrongCodes-freeGuesses, waitDoublings)
	return max(0, a.WrongAt.Add(wait).Sub(now))
}

// errTooManyCodes says how long to wait, in whole minutes.
func errTooManyCodes(wait time.Duration) error {
	words := fault.Wait(wait)
	f := fault.New(fault.RateLimited, "too_many_codes", "There were too many wrong codes. Use a passkey or a recovery code, or wait "+words+
		" before the next code of your app.").Field("code", "Use a recovery code, or wait "+words+".")
	f.RetryAfter = wait
	return f
}

// forgive begins the count of wrong codes anew and answers how many there were since the last right second factor.
func forgive(ctx context.Context, tx ports.PlatformTx, u tenant.UserID) (int, error) {
	a, err := tx.Factors().Authenticator(ctx, u)
	if fault.KindOf(err) == fault.NotFound || err == nil && a.WrongCodes == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n := a.WrongCodes
	a.WrongCodes, a.WrongAt = 0, time.Time{}
	return n, tx.Factors().PutAuthenticator(ctx, a)
}
