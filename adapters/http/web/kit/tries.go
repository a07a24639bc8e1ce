package kit

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// How often a password may be tried for one account: from one address, and from all of them together. The second lets
// nobody guess with many addresses. It must not keep the owner out, so a browser that the owner signed in with lately is
// counted by itself alone; a passkey is not counted at all. Who is signed in proves who they are against a count of that
// session, which nobody else can use up.
var (
	nearRate = limit.Rate{N: 12, Per: time.Hour, Burst: 5}
	farRate  = limit.Rate{N: 12, Per: time.Hour, Burst: 50}
	// beginRate is how often one session may have a challenge made or answer one.
	beginRate = limit.Rate{N: 60, Per: time.Hour, Burst: 20}
	// toldRate is how often the log says that an account has had too many tries: whoever tries on fills no log.
	toldRate = limit.Rate{N: 1, Per: time.Hour, Burst: 1}
)

// tries counts passwords that are tried. It counts before the password is looked at, so that tries at once are counted too,
// and knows nothing of whether there is such an account.
type tries struct {
	near    *limit.Keyed[near]
	far     *limit.Keyed[account]
	devices *limit.Keyed[device]
	proofs  *limit.Keyed[string] // by session
	begins  *limit.Keyed[string] // by session
	signUps *limit.Keyed[netip.Addr]
	told    *limit.Keyed[account] // by lines in the log
}

// account is the hash of an address in the form that accounts are compared by: of one length, whatever was typed.
type account [sha256.Size]byte

type near struct {
	account account
	client  netip.Addr
}

type device struct {
	account account
	device  signin.Device
}

func newTries(signUps limit.Rate) *tries {
	return &tries{
		near: limit.New[near](nearRate, limit.DefaultKeys), far: limit.New[account](farRate, limit.DefaultKeys),
		devices: limit.New[device](nearRate, limit.DefaultKeys), proofs: limit.New[string](nearRate, limit.DefaultKeys),
		begins: limit.New[string](beginRate, limit.DefaultKeys), signUps: limit.New[netip.Addr](signUps, limit.DefaultKeys),
		told: limit.New[account](toldRate, limit.DefaultKeys),
	}
}

func accountOf(email string) account { return sha256.Sum256([]byte(tenant.EmailKey(email))) }

// Try is one try of the password of an account, from where it comes.
type Try struct {
	rq     *Request
	email  string
	near   near
	device device
	known  bool // the browser is: it is counted by itself
}

// TryOf answers the count that tries of this browser for an account draw on.
func (rq *Request) TryOf(email string) (Try, error) {
	a := accountOf(email)
	t := Try{rq: rq, email: email, near: near{account: a, client: limit.Client(rq.Addr)}}
	c, err := rq.Cookie(rq.kit.named(deviceCookie))
	if err != nil {
		return t, nil
	}
	d, known, err := rq.kit.SignIn.KnownDevice(rq.Context(), email, secret.NewString(c.Value))
	t.device, t.known = device{account: a, device: d}, known
	return t, err
}

// Take counts a try of the password, before it is looked at. When there have been too many it is fault RateLimited, code
// too_many_tries, which says how long to wait.
func (t Try) Take() error {
	c, now := t.rq.kit.tries, t.rq.kit.Now()
	if t.known {
		return t.tell("a browser it knows", orTooMany(c.devices.Take(t.device, now)))
	}
	if err := orTooMany(c.near.Take(t.near, now)); err != nil {
		return t.tell("one client", err)
	}
	return t.tell("all clients together", orTooMany(c.far.Take(t.near.account, now)))
}

// tell has the log say, once in a while for each account, that tries of it are refused; by is whose they were. What was typed is
// in no log. That is why the account is told by the beginning of a hash, which finds it for whoever knows its address.
func (t Try) tell(by string, refused error) error {
	if refused == nil {
		return nil
	}
	if first, _ := t.rq.kit.tries.told.Take(t.near.account, t.rq.kit.Now()); first {
		hash := "none" // it has not the form of an address, and may be a password in the wrong field
		if tenant.CheckEmail(tenant.EmailKey(t.email)) == nil {
			hash = hex.EncodeToString(t.near.account[:6])
		}
		t.rq.kit.Log.WarnContext(t.rq.Context(), "sign-in held back after too many tries", "by", by, "client", t.near.client.String(), "account", hash)
	}
	return refused
}

// Left answers how many more tries there are before this browser has to wait.
func (t Try) Left() int {
	if t.known {
		return t.rq.kit.tries.devices.Left(t.device, t.rq.kit.Now())
	}
	c, now := t.rq.kit.tries, t.rq.kit.Now()
	return min(c.near.Left(t.near, now), c.far.Left(t.near.account, now))
}

// Right gives this browser its tries back: it has shown that it is the account's owner.
func (t Try) Right() {
	if t.known {
		t.rq.kit.tries.devices.Forget(t.device)
		return
	}
	t.rq.kit.tries.near.Forget(t.near)
}

// TryProof counts a try of a signed-in person to prove who they are, before it is looked at. Fault as of Try.Take.
func (rq *Request) TryProof() error {
	return orTooMany(rq.kit.tries.proofs.Take(rq.Who.Browser.ID, rq.kit.Now()))
}

// RightProof gives the session its tries back.
func (rq *Request) RightProof() { rq.kit.tries.proofs.Forget(rq.Who.Browser.ID) }

// TryBegin counts a challenge that is made for a signed-in person, or answered. Fault RateLimited, code too_many_tries.
func (rq *Request) TryBegin() error {
	return orTooMany(rq.kit.tries.begins.Take(rq.Who.Browser.ID, rq.kit.Now()))
}

// TrySignUp counts an account or workspace that a client wants made, once the form is one that it can be made of. Fault RateLimited, code rate_limited.
func (rq *Request) TrySignUp() error {
	ok, wait := rq.kit.tries.signUps.Take(limit.Client(rq.Addr), rq.kit.Now())
	if ok {
		return nil
	}
	f := fault.New(fault.RateLimited, "rate_limited", "Too many sign-ups from this address. Wait "+fault.Wait(wait)+", then try again.")
	f.RetryAfter = wait
	return f
}

func orTooMany(ok bool, wait time.Duration) error {
	if ok {
		return nil
	}
	f := fault.New(fault.RateLimited, "too_many_tries", "Too many wrong tries. Wait "+fault.Wait(wait)+", then try again.")
	f.RetryAfter = wait
	return f
}
