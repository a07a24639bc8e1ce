package sshtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"

	"golang.org/x/crypto/ssh"
)

type publicKey struct{ ssh.PublicKey }

func (k publicKey) fingerprint() string { return ssh.FingerprintSHA256(k) }
func (k publicKey) line() string        { return string(ssh.MarshalAuthorizedKey(k)) }

// newKey makes a key in OpenSSH's format.
func newKey(kind string) (private []byte, public publicKey, err error) {
	return makeKey(kind, "")
}

// NewKey makes another key of a kind ("ed25519", "ecdsa", "rsa"), encrypted when there is a passphrase, and its line for Authorize.
func NewKey(kind, passphrase string) (private []byte, line string, err error) {
	private, public, err := makeKey(kind, passphrase)
	if err != nil {
		return nil, "", err
	}
	return private, public.line(), nil
}

func makeKey(kind, passphrase string) ([]byte, publicKey, error) {
	var key crypto.Signer
	var err error
	switch kind {
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		err = fmt.Errorf("there is no kind of key %q", kind)
	}
	if err != nil {
		return nil, publicKey{}, err
	}
	var block *pem.Block
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		return nil, publicKey{}, err
	}
	public, err := ssh.NewPublicKey(key.Public())
	return pem.EncodeToMemory(block), publicKey{public}, err
}
