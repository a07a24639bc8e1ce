package form

import (
	"errors"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
)

// errPair stops a form that would hold a key which is not the certificate's. It was proved when the generation was
// completed; it is proved again here, as this is the last step before a device gets both.
var errPair = errors.New("the key of the generation does not belong to its certificate")

// compose answers the bytes of the form. The caller wipes them.
func (p *parts) compose(key group.FormKey) (secret.Bytes, error) {
	if key.Kind.HoldsKey() && (p.key == nil || !cert.Pairs(p.leaf, p.key)) {
		return secret.Bytes{}, errPair
	}
	switch key.Kind {
	case group.FormCert:
		return secret.NewBytes(p.leaf.PEM()), nil
	case group.FormChain:
		return secret.NewBytes(cert.ChainPEM(p.chain)), nil
	case group.FormFullchain:
		return secret.NewBytes(cert.FullchainPEM(p.leaf, p.chain)), nil
	case group.FormPrivateKey:
		return p.key.PEM(), nil
	case group.FormBundle:
		return cert.BundlePEM(p.leaf, p.chain, p.key), nil
	case group.FormPFX:
		return cert.BuildPFX(p.leaf, p.key, p.chain, secret.NewString(string(p.password.Reveal())), cert.Preset(key.Preset))
	}
	return secret.Bytes{}, errors.New("there is no form of that kind")
}
