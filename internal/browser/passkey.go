package browser

import (
	"github.com/go-rod/rod/lib/proto"
)

// Authenticator is a passkey provider of the person's device, which does as it is told. It belongs to the page it was made for.
type Authenticator struct {
	p  *Page
	id proto.WebAuthnAuthenticatorID
}

// VirtualAuthenticator gives the page a platform authenticator that keeps discoverable credentials and always verifies the person.
// The page must be served from localhost; see Localhost.
func (p *Page) VirtualAuthenticator() *Authenticator {
	p.t.Helper()
	a := &Authenticator{p: p}
	a.do("VirtualAuthenticator", func(s session) error {
		if err := (proto.WebAuthnEnable{}).Call(s); err != nil {
			return err
		}
		added, err := proto.WebAuthnAddVirtualAuthenticator{Options: &proto.WebAuthnVirtualAuthenticatorOptions{
			Protocol: proto.WebAuthnAuthenticatorProtocolCtap2, Ctap2Version: proto.WebAuthnCtap2VersionCtap21,
			Transport: proto.WebAuthnAuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true,
			IsUserVerified: true, AutomaticPresenceSimulation: true,
		}}.Call(s)
		if err == nil {
			a.id = added.AuthenticatorID
		}
		return err
	})
	return a
}

func (a *Authenticator) do(what string, do func(session) error) {
	a.p.t.Helper()
	s, cancel := a.p.call()
	defer cancel()
	if err := do(s); err != nil {
		a.p.fail(what, err)
	}
}

// Credentials answers how many passkeys it holds.
func (a *Authenticator) Credentials() int {
	a.p.t.Helper()
	n := 0
	a.do("Credentials", func(s session) error {
		held, err := proto.WebAuthnGetCredentials{AuthenticatorID: a.id}.Call(s)
		if err == nil {
			n = len(held.Credentials)
		}
		return err
	})
	return n
}

// CopyTo gives its passkeys to the authenticator of another page, as a provider does that keeps them for all of a person's devices.
func (a *Authenticator) CopyTo(other *Authenticator) {
	a.p.t.Helper()
	var held []*proto.WebAuthnCredential
	a.do("CopyTo", func(s session) error {
		r, err := proto.WebAuthnGetCredentials{AuthenticatorID: a.id}.Call(s)
		if err == nil {
			held = r.Credentials
		}
		return err
	})
	other.do("CopyTo", func(s session) error {
		for _, c := range held {
			if err := (proto.WebAuthnAddCredential{AuthenticatorID: other.id, Credential: c}).Call(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// Verifies says whether the person passes verification from now on. One who does not is refused by the authenticator.
func (a *Authenticator) Verifies(yes bool) {
	a.p.t.Helper()
	a.do("Verifies", func(s session) error {
		return proto.WebAuthnSetUserVerified{AuthenticatorID: a.id, IsUserVerified: yes}.Call(s)
	})
}

// Remove takes the authenticator away, with its passkeys.
func (a *Authenticator) Remove() {
	a.p.t.Helper()
	a.do("Remove", func(s session) error {
		return proto.WebAuthnRemoveVirtualAuthenticator{AuthenticatorID: a.id}.Call(s)
	})
}
