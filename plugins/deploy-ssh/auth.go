package main

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"golang.org/x/crypto/ssh"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// credentials sign in to one server, with the key or with the password, never with both.
type credentials struct {
	hop     hop
	signer  ssh.Signer // nil when a password is used
	offered bool       // the key was
	sent    bool       // the password left once; a second try could lock the account
	odd     bool       // the server asked for more than a password, or for something else
}

// newCredentials opens the key before anything is connected.
func newCredentials(ctx context.Context, h hop) (*credentials, error) {
	c := &credentials{hop: h}
	if h.usePassword {
		return c, nil
	}
	signer, problem := readKey(ctx, h)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case problem != nil:
		return nil, problem
	}
	c.signer = signer
	return c, nil
}

// next is the ssh.ClientAuthCallback: it picks the method that comes next, or ends the attempt with a Problem.
func (c *credentials) next(a *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	allowed := func(method string) bool {
		return slices.Contains(a.AllowedMethods, method) && !slices.Contains(a.TriedMethods, method)
	}
	switch {
	case len(a.PartialSuccessMethods) > 0 || c.odd && c.sent:
		return nil, c.refused("%s wants a second factor, which a program cannot give: except the user from it in the server's settings")
	case c.odd:
		return nil, c.refused("%s asks for something else than a password, which a program cannot answer: sign in with a key")
	case c.signer != nil && allowed("publickey"):
		c.offered = true
		return ssh.PublicKeys(c.signer), nil
	case c.signer == nil && !c.sent && allowed("password"):
		c.sent = true
		return ssh.Password(string(c.hop.password)), nil
	case c.signer == nil && !c.sent && allowed("keyboard-interactive"):
		return ssh.KeyboardInteractive(c.answer), nil
	case c.signer != nil && slices.Contains(a.TriedMethods, "publickey"):
		return nil, c.refused(notThisKey)
	case c.signer != nil:
		return nil, c.refused("%s accepts no keys: allow PubkeyAuthentication there, or sign in with a password")
	case c.sent:
		return nil, c.refused(notThisLogin)
	}
	return nil, c.refused("%s accepts no passwords: sign in with a key")
}

// answer gives the password to a server that asks for it as for a question. Anything else than one hidden question is none for a
// password.
func (c *credentials) answer(_, _ string, questions []string, echos []bool) ([]string, error) {
	if len(questions) == 0 {
		return nil, nil // a notice
	}
	if c.sent || len(questions) != 1 || echos[0] {
		c.odd = true
		return nil, errors.New("the server asks for something else than the password")
	}
	c.sent = true
	return []string{string(c.hop.password)}, nil
}

const (
	notThisKey   = "%s does not accept this key for this user: is its public half in the user's authorized_keys?"
	notThisLogin = "%s does not accept this user and password"
)

// goodbye is the library's word for a message that ends the connection; its type is the library's own.
var goodbye = regexp.MustCompile(`ssh: disconnect, reason ([0-9]+): `)

// dismissed answers the refusal that lies in a goodbye, nil when there is none: where one wrong try is one too many, servers end the
// connection in place of an answer. A password that was sent counts as refused then, whatever the reason: a second try could lock the
// account. A key does for 2 (OpenSSH's "Too many authentication failures") and 14 (no more methods).
func (c *credentials) dismissed(err error) error {
	said := goodbye.FindStringSubmatch(err.Error())
	switch {
	case c == nil || said == nil:
		return nil
	case c.sent:
		return c.refused(notThisLogin)
	case c.offered && (said[1] == "2" || said[1] == "14"):
		return c.refused(notThisKey)
	}
	return nil
}

func (c *credentials) refused(format string) *plugin.Problem {
	field := "private_key"
	if c.hop.usePassword {
		field = "password"
	}
	return plugin.WrongCredentials(c.hop.prefix+field, format, c.hop.name)
}
