package testauthn_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/internal/testauthn"
)

type credential struct {
	ID       string
	Response struct{ ClientDataJSON, AuthenticatorData, AttestationObject, PublicKey, Signature, UserHandle string }
}

func read(t *testing.T, answer []byte, err error) (c credential) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answer, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func raw(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	create = `{"publicKey":{"challenge":"AAEC","rp":{"id":"example.com"},"user":{"id":"dXNy"},"pubKeyCredParams":[{"alg":-7}]}}`
	get    = `{"publicKey":{"challenge":"AwQF","rpId":"example.com"}}`
)

func TestAnAnswerIsSignedByTheKeyThatWasMade(t *testing.T) {
	b := testauthn.New("https://www.example.com")
	answer, err := b.Create([]byte(create))
	made := read(t, answer, err)
	data := raw(t, made.Response.AuthenticatorData)
	party := sha256.Sum256([]byte("example.com"))
	if !bytes.Equal(data[:32], party[:]) || data[32] != 0x45 || !bytes.HasSuffix(raw(t, made.Response.AttestationObject), data) {
		t.Errorf("authenticator data %x", data)
	}
	public, err := x509.ParsePKIXPublicKey(raw(t, made.Response.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	answer, err = b.Get([]byte(get))
	used := read(t, answer, err)
	client := raw(t, used.Response.ClientDataJSON)
	sum := sha256.Sum256(client)
	digest := sha256.Sum256(append(raw(t, used.Response.AuthenticatorData), sum[:]...))
	if !ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), digest[:], raw(t, used.Response.Signature)) {
		t.Error("the signature is of another key")
	}
	if used.ID != made.ID || string(raw(t, used.Response.UserHandle)) != "usr" || !strings.Contains(string(client), `"challenge":"AwQF"`) ||
		!strings.Contains(string(client), `"origin":"https://www.example.com"`) {
		t.Errorf("%s by %s", client, used.ID)
	}
}

func TestItRefusesWhatABrowserRefuses(t *testing.T) {
	b := testauthn.New("https://example.com.evil.example")
	if _, err := b.Create([]byte(create)); err == nil {
		t.Error("made for another party")
	}
	if _, err := b.Get([]byte(get)); err == nil {
		t.Error("answered for another party")
	}
	b = testauthn.New("https://example.com")
	if _, err := b.Get([]byte(get)); err == nil {
		t.Error("answered without a credential")
	}
	if _, err := b.Create([]byte(strings.Replace(create, "-7", "-257", 1))); err == nil {
		t.Error("made a key nobody asked for")
	}
	answer, err := b.Create([]byte(create))
	c := read(t, answer, err)
	again := strings.Replace(create, `"rp"`, `"excludeCredentials":[{"id":"`+c.ID+`"}],"rp"`, 1)
	if _, err := b.Create([]byte(again)); err == nil {
		t.Error("made a second one")
	}
}
