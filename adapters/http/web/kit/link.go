package kit

import (
	"time"

	"github.com/ignisfox/ignisfox/core/secret"
)

// linkLife is how long a browser holds the secret of a link.
const linkLife = 30 * time.Minute

// Links whose secret a browser can hold.
const (
	SetupLink  = "setup"
	InviteLink = "invite"
)

// maxLink bounds what is taken for the secret of a link.
const maxLink = 200

// KeepLink has the browser hold the secret of a setup or invite link: what it opens takes several pages, and no page ever
// gives a secret back. name is SetupLink or InviteLink.
func (rq *Request) KeepLink(name string, link secret.String) {
	rq.kit.set(rq.W, rq.kit.named(name), link.Reveal(), linkLife, false)
}

// Link answers the secret that KeepLink left, empty for none.
func (rq *Request) Link(name string) secret.String {
	c, err := rq.Cookie(rq.kit.named(name))
	if err != nil || len(c.Value) > maxLink {
		return secret.String{}
	}
	return secret.NewString(c.Value)
}

// DropLink has the browser forget the secret.
func (rq *Request) DropLink(name string) { rq.kit.set(rq.W, rq.kit.named(name), "", -1, false) }
