package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/crypto/ssh"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// maxRounds bounds the work that an encrypted key may ask for before its passphrase is known to be right: ssh-keygen's default is
// 24, and 100 take about a second. The work cannot be ended by a deadline.
const maxRounds = 100

// turns are as many as there are processors. Were more encrypted keys opened side by side, each would take as many times as long, past
// the deadline at which the host ends the process that all tenants share.
var turns = make(chan struct{}, runtime.GOMAXPROCS(0))

// turn waits for one of the turns; done gives it back.
func turn(ctx context.Context) (done func(), err error) {
	select {
	case turns <- struct{}{}:
		return func() { <-turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

const minRSABits = 2048

// readKey makes a signer of the private key of a server. It waits for its turn to open an encrypted one as long as ctx lets it.
func readKey(ctx context.Context, h hop) (ssh.Signer, *plugin.Problem) {
	bad := func(field, message string) (ssh.Signer, *plugin.Problem) {
		code := "unusable_key"
		if field == "passphrase" {
			code = "wrong_passphrase"
		}
		return nil, &plugin.Problem{Code: code, Message: message, Field: h.prefix + field, Final: true}
	}
	text := slices.Concat(bytes.TrimSpace(h.privateKey), []byte("\n")) // a copy, since it is wiped
	defer clear(text)
	block, _ := pem.Decode(text)
	switch {
	case block == nil && bytes.HasPrefix(text, []byte("PuTTY-User-Key-File")):
		return bad("private_key", "this key is in PuTTY's format: export it in OpenSSH format with PuTTYgen")
	case block == nil:
		return bad("private_key", "this is not a private key in PEM, as ssh-keygen writes it")
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return bad("private_key", "keys in encrypted PKCS#8 cannot be read: convert it with ssh-keygen -p -f FILE")
	case block.Type == "OPENSSH PRIVATE KEY" && rounds(block.Bytes) > maxRounds:
		return bad("private_key", fmt.Sprintf("this key asks for more than %d rounds of key derivation: set fewer with ssh-keygen -p -a 100 -f FILE", maxRounds))
	}
	key, err := ssh.ParseRawPrivateKey(text)
	if missing := (*ssh.PassphraseMissingError)(nil); errors.As(err, &missing) {
		if len(h.passphrase) == 0 {
			return bad("passphrase", "this key is encrypted: give its passphrase")
		}
		done, late := turn(ctx)
		if late != nil {
			return nil, plugin.Problemf(plugin.CodeTimedOut, h.prefix+"passphrase", "many encrypted keys are being opened at this moment: try again")
		}
		key, err = ssh.ParseRawPrivateKeyWithPassphrase(text, h.passphrase)
		done()
		if errors.Is(err, x509.IncorrectPasswordError) {
			return bad("passphrase", "the passphrase does not open this key")
		}
	}
	if err != nil { // the library's words may quote the key
		return bad("private_key", "this private key cannot be read: make one with ssh-keygen -t ed25519")
	}
	if k, ok := key.(*rsa.PrivateKey); ok && k.N.BitLen() < minRSABits {
		return bad("private_key", fmt.Sprintf("this RSA key has %d bits: use one of 2048 bits or more, or Ed25519", k.N.BitLen()))
	}
	signer, err := modern(key)
	if err != nil {
		return bad("private_key", "keys of this type are not supported: make one with ssh-keygen -t ed25519")
	}
	return signer, nil
}

// modern makes a signer that never signs with SHA-1, of a key of a kind that is still safe.
func modern(key any) (ssh.Signer, error) {
	switch key.(type) {
	case *ecdsa.PrivateKey, ed25519.PrivateKey, *ed25519.PrivateKey:
		return ssh.NewSignerFromKey(key)
	case *rsa.PrivateKey:
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			return nil, err
		}
		if with, ok := signer.(ssh.AlgorithmSigner); ok {
			return ssh.NewSignerWithAlgorithms(with, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256})
		}
	}
	return nil, errors.New("a key of another kind")
}

// rounds answers how many rounds of bcrypt a key in OpenSSH's format asks for; 0 when it is not encrypted or cannot be read.
func rounds(der []byte) uint32 {
	der, ok := bytes.CutPrefix(der, []byte("openssh-key-v1\x00"))
	var head struct {
		Cipher, KDF, Options string
		Rest                 []byte `ssh:"rest"`
	}
	var options struct {
		Salt   string
		Rounds uint32
	}
	if !ok || ssh.Unmarshal(der, &head) != nil || head.KDF != "bcrypt" || ssh.Unmarshal([]byte(head.Options), &options) != nil {
		return 0
	}
	return options.Rounds
}
