package main

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"slices"

	"golang.org/x/crypto/ssh"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// families are the kinds of host keys, in the order in which they are asked for. A server has one key of each kind at most, and
// shows the first kind that the client asks for. RSA is asked for with SHA-2 alone; certificates are not asked for, since what is
// pinned is a key.
var families = [][]string{
	{ssh.KeyAlgoED25519},
	{ssh.KeyAlgoECDSA256},
	{ssh.KeyAlgoECDSA384},
	{ssh.KeyAlgoECDSA521},
	{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
}

// errOtherKey ends a key exchange whose key is not the pinned one. Nothing but the exchange has happened then: neither the name of
// the user nor any secret was sent.
var errOtherKey = errors.New("not the pinned host key")

// keyHunt looks for the pinned key of a server. A pin is a hash and does not say of which kind the key is; a server with several
// keys shows the one of the kind it is asked for. So when the key shown is another one, the server is asked again without that
// kind, until it shows the pinned key or has no other to show. Whoever has no pinned key cannot show one, whatever is asked.
type keyHunt struct {
	hop     hop
	offered [][]string
	first   string // fingerprint of the first key that was shown
	kind    string // of the key shown last
}

func newHunt(h hop) *keyHunt { return &keyHunt{hop: h, offered: families} }

// algorithms are what the next exchange asks for.
func (k *keyHunt) algorithms() []string { return slices.Concat(k.offered...) }

// check is the ssh.HostKeyCallback.
func (k *keyHunt) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	shown := ssh.FingerprintSHA256(key)
	if k.first == "" {
		k.first = shown
	}
	k.kind = key.Type()
	if k.hop.hostKey == "" || subtle.ConstantTimeCompare([]byte(shown), []byte(k.hop.hostKey)) != 1 {
		return errOtherKey
	}
	return nil
}

// narrow takes the kind that was shown off the list and says whether there is something left to ask for.
func (k *keyHunt) narrow() bool {
	if k.hop.hostKey == "" {
		return false
	}
	k.offered = slices.DeleteFunc(slices.Clone(k.offered), func(family []string) bool {
		return family[0] == k.kind || k.kind == ssh.KeyAlgoRSA && family[0] == ssh.KeyAlgoRSASHA512
	})
	return len(k.offered) > 0
}

// otherKey is the problem that no key fits, with the fingerprint of the key that was shown first.
type otherKey struct {
	*plugin.Problem
	hop   hop
	shown string
}

// Unwrap answers the Problem.
func (o *otherKey) Unwrap() error { return o.Problem }

// problem says that no key fits: either none is pinned or the server has another one.
func (k *keyHunt) problem() *otherKey { return &otherKey{k.words(), k.hop, k.first} }

func (k *keyHunt) words() *plugin.Problem {
	p := &plugin.Problem{Field: k.hop.prefix + "host_key", Final: true}
	if k.hop.hostKey == "" {
		p.Code = "host_key_not_confirmed"
		p.Message = fmt.Sprintf("%s shows the host key %s: compare it with what ssh-keygen -l prints there, then enter it as host key", k.hop.name, k.first)
		return p
	}
	p.Code = "host_key_changed"
	p.Message = fmt.Sprintf("%s shows the host key %s instead of the confirmed one. Somebody may be in between: find out why it changed before you confirm the new key",
		k.hop.name, k.first)
	return p
}
