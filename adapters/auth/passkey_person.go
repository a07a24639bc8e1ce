package auth

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/text"
	"github.com/ignisfox/ignisfox/ports"
)

var (
	errUnavailable = fault.New(fault.Conflict, "passkeys_unavailable",
		"Passkeys need a server that is reached by name. Use an authenticator app, or open the server under the name of its base URL.")
	errCloned = errors.New("the counter ran backwards: there is a copy of the passkey")
)

// maxCause bounds what the log is told of an answer that proved nothing, in runes.
const maxCause = 300

// refused is the one answer for what proves nothing. Why is for the log: the wrong origin of a wrong base URL above all.
func refused(why error) error {
	const code, words = "passkey_refused", "The passkey was not accepted. Try again."
	if why == nil {
		return fault.New(fault.Unauthenticated, code, words)
	}
	cause := why.Error()
	var detailed *protocol.Error
	if errors.As(why, &detailed) && detailed.DevInfo != "" {
		cause = detailed.Details + ": " + detailed.DevInfo
	}
	return fault.Wrap(errors.New(text.Visible(cause, maxCause)), fault.Unauthenticated, code, words)
}

// person is a PasskeyOwner as the library sees one. The handle that devices keep is our id, which tells nothing.
type person struct {
	user        tenant.User
	credentials []webauthn.Credential
}

var _ webauthn.User = person{}

func (p person) WebAuthnID() []byte                         { return []byte(p.user.ID) }
func (p person) WebAuthnName() string                       { return p.user.Email }
func (p person) WebAuthnDisplayName() string                { return p.user.Name }
func (p person) WebAuthnCredentials() []webauthn.Credential { return p.credentials }

func personOf(o ports.PasskeyOwner) (person, error) {
	p := person{user: o.User, credentials: make([]webauthn.Credential, len(o.Passkeys))}
	for i, k := range o.Passkeys {
		if err := json.Unmarshal(k.Data, &p.credentials[i]); err != nil {
			return person{}, fault.Wrap(err, fault.Internal, "passkey_data", "A stored passkey cannot be read. Remove it and add it again.")
		}
	}
	return p, nil
}

// passkeyOf puts what the library knows of a credential into k. The attestation is left out: it was not asked for, and only
// a register of device models could make use of it.
func passkeyOf(k tenant.Passkey, c *webauthn.Credential) (tenant.Passkey, error) {
	c.Attestation = webauthn.CredentialAttestation{}
	data, err := json.Marshal(c)
	if err != nil {
		return k, fmt.Errorf("keep a passkey: %w", err)
	}
	k.Data = data
	return k, nil
}
