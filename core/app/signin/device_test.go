package signin_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"sync"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// device is ports.Passkeys and the device that answers it in one: whoever repeats the challenge and names a credential has
// proved it, as long as the counter goes up. The cryptography is for the tests of adapters/auth.
type device struct {
	mu      sync.Mutex
	counter int
}

func newDevice() *device { return &device{} }

type challenge struct{ Nonce, User []byte }

type response struct {
	Nonce, Credential []byte
	Counter           int
}

var _ ports.Passkeys = (*device)(nil)

func (d *device) begin(u tenant.UserID) (options, state []byte, err error) {
	c := challenge{Nonce: make([]byte, 16), User: []byte(u)}
	_, _ = rand.Read(c.Nonce)
	b, err := json.Marshal(c)
	return b, b, err
}

// BeginEnrol implements ports.Passkeys.
func (d *device) BeginEnrol(_ context.Context, o ports.PasskeyOwner) ([]byte, []byte, error) {
	return d.begin(o.User.ID)
}

// BeginUse implements ports.Passkeys.
func (d *device) BeginUse(_ context.Context, o ports.PasskeyOwner) ([]byte, []byte, error) {
	return d.begin(o.User.ID)
}

func read(state, answer []byte) (c challenge, r response, err error) {
	if json.Unmarshal(state, &c) != nil || json.Unmarshal(answer, &r) != nil || !bytes.Equal(c.Nonce, r.Nonce) {
		err = fault.New(fault.Unauthenticated, "passkey_refused", "No.")
	}
	return c, r, err
}

// FinishEnrol implements ports.Passkeys.
func (d *device) FinishEnrol(_ context.Context, _ ports.PasskeyOwner, state, answer []byte) (tenant.Passkey, error) {
	_, r, err := read(state, answer)
	data, _ := json.Marshal(r.Counter)
	return tenant.Passkey{CredentialID: r.Credential, Data: data}, err
}

// FinishUse implements ports.Passkeys.
func (d *device) FinishUse(_ context.Context, state, answer []byte, find func([]byte) (ports.PasskeyOwner, error)) (tenant.Passkey, error) {
	c, r, err := read(state, answer)
	if err != nil {
		return tenant.Passkey{}, err
	}
	o, err := find(r.Credential)
	if err != nil {
		return tenant.Passkey{}, err
	}
	p, was := o.Passkeys[0], 0
	if json.Unmarshal(p.Data, &was) != nil || r.Counter <= was || len(c.User) > 0 && string(c.User) != string(o.User.ID) {
		return tenant.Passkey{}, fault.New(fault.Unauthenticated, "passkey_refused", "No.")
	}
	p.Data, _ = json.Marshal(r.Counter)
	return p, nil
}

// answer answers options with a credential.
func (d *device) answer(options []byte, credential string) []byte {
	var c challenge
	_ = json.Unmarshal(options, &c)
	d.mu.Lock()
	d.counter++
	r := response{Nonce: c.Nonce, Credential: []byte(credential), Counter: d.counter}
	d.mu.Unlock()
	b, _ := json.Marshal(r)
	return b
}
