package kit

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
	near *limit.Keyed[near]
	far  *limit.Keyed[account]
}

// account is the hash of an address in the form that accounts are compared by: of one length, whatever was typed.
type account [sha256.Size]byte

type near struct {
	account account
	client  netip.Addr
}

func newTries() *tries {
	return &tries{near: limit.New[near](nearRate, limit.DefaultKeys), far: limit.New[account](farRate, limit.DefaultKeys)}
}

func keyOf(email string, addr netip.Addr) near {
	return near{account: sha256.Sum256([]byte(tenant.EmailKey(email))), client: limit.Client(addr)}
}

// TryPassword counts a try of the password of an account, before it is looked at. When there have been too many it is fault
// RateLimited, code too_many_tries, which says how long to wait.
func (rq *Request) TryPassword(email string) error {
	t, key := rq.kit.tries, keyOf(email, rq.Addr)
	if ok, wait := t.near.Take(key, rq.kit.Now()); !ok {
		return tooMany(wait)
	}
	if ok, wait := t.far.Take(key.account, rq.kit.Now()); !ok {
		return tooMany(wait)
	}
	return nil
}

// TriesLeft answers how many more tries this client has for that account before it has to wait.
func (rq *Request) TriesLeft(email string) int {
	return rq.kit.tries.near.Left(keyOf(email, rq.Addr), rq.kit.Now())
}

// RightPassword gives this client its tries back: it has shown that it is the account's owner.
func (rq *Request) RightPassword(email string) { rq.kit.tries.near.Forget(keyOf(email, rq.Addr)) }

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
