package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	passkeyFor    = 5 * time.Minute // how long a browser may take to answer
	maxAnswer     = 64 << 10        // bytes of JSON; real ones have about one thousand
	maxCredential = 1023            // bytes of a credential id, by the standard
)

// PasskeyDeps is what Passkeys needs.
type PasskeyDeps struct {
	BaseURL string // what browsers see: its origin is the only one whose answers count, its host names the passkeys
	Now     func() time.Time
}

// Passkeys speaks WebAuthn for one origin. The device must have verified its user, and passkeys are asked to be
// discoverable, so that nobody has to type an address. Attestation is not asked for: which device it is does not matter.
// It keeps nothing and is safe for concurrent use.
type Passkeys struct {
	party *webauthn.WebAuthn // nil: the base URL has no name that a passkey can be bound to
	now   func() time.Time
}

var _ ports.Passkeys = (*Passkeys)(nil)

// NewPasskeys makes a Passkeys; an error is a base URL without a host. When the host is an IP address, to which browsers
// bind no passkey, every method answers fault Conflict, code passkeys_unavailable.
func NewPasskeys(d PasskeyDeps) (*Passkeys, error) {
	u, err := url.Parse(d.BaseURL)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("passkeys: the base URL has no host")
	}
	p := &Passkeys{now: d.Now}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return p, nil
	}
	required := true
	limit := webauthn.TimeoutConfig{Timeout: passkeyFor, TimeoutUVD: passkeyFor}
	party, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Ignisfox", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: &required,
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: limit, Registration: limit},
		// Some password managers tell of extensions nobody asked for; we read none.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	p.party = party
	return p, nil
}

// BeginEnrol implements ports.Passkeys.
func (p *Passkeys) BeginEnrol(_ context.Context, o ports.PasskeyOwner) (options, state []byte, err error) {
	if p.party == nil {
		return nil, nil, errUnavailable
	}
	who, err := personOf(o)
	if err != nil {
		return nil, nil, err
	}
	asked, session, err := p.party.BeginRegistration(who,
		webauthn.WithExclusions(webauthn.Credentials(who.credentials).CredentialDescriptors()))
	if err != nil {
		return nil, nil, fmt.Errorf("begin to enrol a passkey: %w", err)
	}
	return p.pack(asked, session)
}

// FinishEnrol implements ports.Passkeys.
func (p *Passkeys) FinishEnrol(_ context.Context, o ports.PasskeyOwner, state, answer []byte) (tenant.Passkey, error) {
	session, err := p.unpack(state, answer)
	if err != nil {
		return tenant.Passkey{}, err
	}
	who, err := personOf(o)
	if err != nil {
		return tenant.Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return tenant.Passkey{}, refused(err)
	}
	made, err := p.party.CreateCredential(who, session, parsed)
	if err != nil {
		return tenant.Passkey{}, refused(err)
	}
	if len(made.ID) == 0 || len(made.ID) > maxCredential {
		return tenant.Passkey{}, refused(nil)
	}
	return passkeyOf(tenant.Passkey{User: o.User.ID, CredentialID: made.ID}, made)
}

// BeginUse implements ports.Passkeys.
func (p *Passkeys) BeginUse(_ context.Context, o ports.PasskeyOwner) (options, state []byte, err error) {
	if p.party == nil {
		return nil, nil, errUnavailable
	}
	var asked *protocol.CredentialAssertion
	var session *webauthn.SessionData
	if len(o.Passkeys) == 0 {
		asked, session, err = p.party.BeginDiscoverableLogin()
	} else {
		var who person
		if who, err = personOf(o); err != nil {
			return nil, nil, err
		}
		asked, session, err = p.party.BeginLogin(who)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("begin to use a passkey: %w", err)
	}
	return p.pack(asked, session)
}

// FinishUse implements ports.Passkeys.
func (p *Passkeys) FinishUse(_ context.Context, state, answer []byte, find func([]byte) (ports.PasskeyOwner, error)) (tenant.Passkey, error) {
	session, err := p.unpack(state, answer)
	if err != nil {
		return tenant.Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return tenant.Passkey{}, refused(err)
	}
	if len(parsed.RawID) > maxCredential {
		return tenant.Passkey{}, refused(nil)
	}
	o, err := find(parsed.RawID)
	if fault.KindOf(err) == fault.NotFound {
		return tenant.Passkey{}, refused(nil)
	}
	if err != nil {
		return tenant.Passkey{}, err
	}
	who, err := personOf(o)
	if err != nil {
		return tenant.Passkey{}, err
	}
	used, err := p.validate(who, session, parsed)
	if err != nil {
		return tenant.Passkey{}, refused(err)
	}
	if used.Authenticator.CloneWarning {
		return tenant.Passkey{}, refused(errCloned)
	}
	for _, known := range o.Passkeys {
		if string(known.CredentialID) == string(used.ID) {
			return passkeyOf(known, used)
		}
	}
	return tenant.Passkey{}, refused(nil)
}

// validate proves the answer of somebody who was asked by name, or of anybody.
func (p *Passkeys) validate(who person, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if len(session.UserID) > 0 {
		return p.party.ValidateLogin(who, session, parsed)
	}
	_, used, err := p.party.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return who, nil }, session, parsed)
	return used, err
}

// kept is the state between a beginning and its answer.
type kept struct {
	Ends    time.Time
	Session *webauthn.SessionData
}

func (p *Passkeys) pack(asked any, session *webauthn.SessionData) (options, state []byte, err error) {
	if options, err = json.Marshal(asked); err != nil {
		return nil, nil, fmt.Errorf("options of a passkey: %w", err)
	}
	if state, err = json.Marshal(kept{Ends: p.now().Add(passkeyFor).UTC(), Session: session}); err != nil {
		return nil, nil, fmt.Errorf("state of a passkey: %w", err)
	}
	return options, state, nil
}

// unpack answers the state of an answer that is worth reading.
func (p *Passkeys) unpack(state, answer []byte) (webauthn.SessionData, error) {
	if p.party == nil {
		return webauthn.SessionData{}, errUnavailable
	}
	var k kept
	if err := json.Unmarshal(state, &k); err != nil || k.Session == nil {
		return webauthn.SessionData{}, fault.Wrap(err, fault.Internal, "passkey_state", "The passkey could not be checked.")
	}
	if !p.now().Before(k.Ends) || len(answer) == 0 || len(answer) > maxAnswer {
		return webauthn.SessionData{}, refused(nil)
	}
	return *k.Session, nil
}
