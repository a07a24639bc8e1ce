// Package testauthn is a browser with a platform authenticator in software, for tests of passkeys: it answers the options
// of navigator.credentials.create and get as a browser would, with ES256, user verification and discoverable credentials.
//
//	b := testauthn.New("https://certs.example.com")
//	answer, err := b.Create(options) // JSON of a PublicKeyCredential
//	answer, err = b.Get(options)
//
// It refuses what a browser refuses, unless it is Careless. The knobs make it lie.
package testauthn

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
)

// Flags of authenticator data.
const (
	flagPresent  = 0x01
	flagVerified = 0x04
	flagAttested = 0x40
)

const es256 = -7

// Browser holds the credentials it made. It is not safe for concurrent use.
type Browser struct {
	Origin      string // what it says it was asked by
	Careless    bool   // answers also what does not fit its origin, or was excluded
	Unverified  bool   // does not verify its user
	Anonymous   bool   // leaves the user handle out
	Credentials []*Credential
}

// Credential is one passkey.
type Credential struct {
	ID      []byte
	Party   string // relying party id
	User    []byte // handle
	Counter uint32 // of the last answer
	key     *ecdsa.PrivateKey
}

// New makes a browser that shows a page of that origin.
func New(origin string) *Browser { return &Browser{Origin: origin} }

// Clone answers another browser with copies of all credentials.
func (b *Browser) Clone() *Browser {
	c := *b
	c.Credentials = nil
	for _, k := range b.Credentials {
		copied := *k
		c.Credentials = append(c.Credentials, &copied)
	}
	return &c
}

// b64 is bytes in the JSON of the standard: unpadded base64url.
type b64 []byte

func (b b64) MarshalJSON() ([]byte, error) {
	return json.Marshal(base64.RawURLEncoding.EncodeToString(b))
}

func (b *b64) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	out, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	*b = out
	return err
}

type descriptor struct {
	ID b64 `json:"id"`
}

type options struct {
	PublicKey struct {
		Challenge b64 `json:"challenge"`
		RP        struct {
			ID string `json:"id"`
		} `json:"rp"`
		RPID string `json:"rpId"`
		User struct {
			ID b64 `json:"id"`
		} `json:"user"`
		PubKeyCredParams []struct {
			Alg int `json:"alg"`
		} `json:"pubKeyCredParams"`
		ExcludeCredentials []descriptor `json:"excludeCredentials"`
		AllowCredentials   []descriptor `json:"allowCredentials"`
	} `json:"publicKey"`
}

// Create makes a credential and answers as navigator.credentials.create does.
func (b *Browser) Create(asked []byte) ([]byte, error) {
	var o options
	if err := json.Unmarshal(asked, &o); err != nil {
		return nil, err
	}
	p := o.PublicKey
	if err := b.fits(p.RP.ID); err != nil {
		return nil, err
	}
	known := func(d descriptor) bool { return b.find(d.ID) != nil }
	if !b.Careless && slices.ContainsFunc(p.ExcludeCredentials, known) {
		return nil, errors.New("InvalidStateError: the authenticator has a credential of this list")
	}
	if len(p.PubKeyCredParams) > 0 && !slices.ContainsFunc(p.PubKeyCredParams, func(a struct {
		Alg int `json:"alg"`
	},
	) bool {
		return a.Alg == es256
	}) {
		return nil, errors.New("NotSupportedError: ES256 is not wanted")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := &Credential{ID: make([]byte, 32), Party: p.RP.ID, User: p.User.ID, Counter: 1, key: key}
	_, _ = rand.Read(c.ID)
	b.Credentials = append(b.Credentials, c)
	return b.created(c, p.Challenge)
}

func (b *Browser) created(c *Credential, challenge []byte) ([]byte, error) {
	public, err := x509.MarshalPKIXPublicKey(&c.key.PublicKey)
	if err != nil {
		return nil, err
	}
	cose, err := coseKey(&c.key.PublicKey)
	if err != nil {
		return nil, err
	}
	data := b.authData(c, flagAttested)
	data = append(data, make([]byte, 16)...) // AAGUID: which model it is, nobody says
	data = binary.BigEndian.AppendUint16(data, uint16(len(c.ID)))
	data = append(append(data, c.ID...), cose...)
	return json.Marshal(map[string]any{
		"id": b64(c.ID), "rawId": b64(c.ID), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{},
		"response": map[string]any{
			"clientDataJSON": b64(b.clientData("webauthn.create", challenge)), "attestationObject": b64(attestation(data)),
			"authenticatorData": b64(data), "publicKey": b64(public), "publicKeyAlgorithm": es256, "transports": []string{"internal"},
		},
	})
}

// Get answers as navigator.credentials.get does, with the newest credential that fits.
func (b *Browser) Get(asked []byte) ([]byte, error) {
	var o options
	if err := json.Unmarshal(asked, &o); err != nil {
		return nil, err
	}
	p := o.PublicKey
	if err := b.fits(p.RPID); err != nil {
		return nil, err
	}
	for _, c := range slices.Backward(b.Credentials) {
		allowed := len(p.AllowCredentials) == 0 ||
			slices.ContainsFunc(p.AllowCredentials, func(d descriptor) bool { return bytes.Equal(d.ID, c.ID) })
		if c.Party == p.RPID && (allowed || b.Careless) {
			return b.used(c, p.Challenge)
		}
	}
	return nil, errors.New("NotAllowedError: no credential fits")
}

func (b *Browser) used(c *Credential, challenge []byte) ([]byte, error) {
	c.Counter++
	data := b.authData(c, 0)
	client := b.clientData("webauthn.get", challenge)
	sum := sha256.Sum256(client)
	digest := sha256.Sum256(append(bytes.Clone(data), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, c.key, digest[:])
	if err != nil {
		return nil, err
	}
	response := map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
	if !b.Anonymous {
		response["userHandle"] = b64(c.User)
	}
	return json.Marshal(map[string]any{
		"id": b64(c.ID), "rawId": b64(c.ID), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{}, "response": response,
	})
}

// fits says whether a page of the origin may ask for that relying party.
func (b *Browser) fits(party string) error {
	u, err := url.Parse(b.Origin)
	if err != nil {
		return err
	}
	host := u.Hostname()
	if !b.Careless && host != party && !strings.HasSuffix(host, "."+party) {
		return errors.New("SecurityError: the relying party is not of this origin")
	}
	return nil
}

func (b *Browser) find(id []byte) *Credential {
	for _, c := range b.Credentials {
		if bytes.Equal(c.ID, id) {
			return c
		}
	}
	return nil
}

func (b *Browser) authData(c *Credential, flags byte) []byte {
	flags |= flagPresent
	if !b.Unverified {
		flags |= flagVerified
	}
	party := sha256.Sum256([]byte(c.Party))
	return binary.BigEndian.AppendUint32(append(party[:], flags), c.Counter)
}

func (b *Browser) clientData(kind string, challenge []byte) []byte {
	out, _ := json.Marshal(map[string]any{ // of strings and a bool: cannot fail
		"type": kind, "challenge": b64(challenge), "origin": b.Origin, "crossOrigin": false,
	})
	return out
}
