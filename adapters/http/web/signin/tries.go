package signin

import (
	"crypto/sha256"
	"net/netip"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// How often a password may be tried for one account: from one address, and from all of them together. The second lets
// nobody guess with many addresses; a passkey is not counted, so the account's owner is never shut out for good.
var (
	nearRate = limit.Rate{N: 12, Per: time.Hour, Burst: 5}
	farRate  = limit.Rate{N: 12, Per: time.Hour, Burst: 50}
)

// tries counts passwords that are tried. It counts before the password is looked at, so that tries at once are counted too,
// and knows nothing of whether there is such an account.
type tries struct {
	now  func() time.Time
	near *limit.Keyed[near]
	far  *limit.Keyed[account]
}

// account is the hash of an address in the form that accounts are compared by: of one length, whatever was typed.
type account [sha256.Size]byte

type near struct {
	account account
	client  netip.Addr
}

func newTries(now func() time.Time) *tries {
	return &tries{now: now, near: limit.New[near](nearRate, limit.DefaultKeys), far: limit.New[account](farRate, limit.DefaultKeys)}
}

func keyOf(email string, addr netip.Addr) near {
	return near{account: sha256.Sum256([]byte(tenant.EmailKey(email))), client: limit.Client(addr)}
}

// take counts a try. When there have been too many it is fault RateLimited, which says how long to wait.
func (t *tries) take(email string, addr netip.Addr) error {
	key := keyOf(email, addr)
	if ok, wait := t.near.Take(key, t.now()); !ok {
		return tooMany(wait)
	}
	if ok, wait := t.far.Take(key.account, t.now()); !ok {
		return tooMany(wait)
	}
	return nil
}

func tooMany(wait time.Duration) error {
	f := fault.New(fault.RateLimited, "too_many_tries", "Too many wrong tries. Wait "+minutes(wait)+", then try again.")
	f.RetryAfter = wait
	return f
}

// minutes answers a wait in words, rounded up.
func minutes(wait time.Duration) string {
	wait = wait.Round(time.Second)
	if wait <= time.Minute {
		return "a minute"
	}
	return strconv.Itoa(int((wait+time.Minute-1)/time.Minute)) + " minutes"
}

// left answers how many tries from that address there are before it has to wait.
func (t *tries) left(email string, addr netip.Addr) int {
	return t.near.Left(keyOf(email, addr), t.now())
}

// forget begins anew for an account that was signed in to from that address.
func (t *tries) forget(email string, addr netip.Addr) { t.near.Forget(keyOf(email, addr)) }
