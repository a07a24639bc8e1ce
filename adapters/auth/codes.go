package auth

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	codeKeyBytes = 20 // as long as the hash: RFC 4226, section 4
	codePeriod   = 30 // seconds
	codeSkew     = 1  // steps either way
	qrSide       = 240
	qrQuiet      = 24 // pixels of white around it, four modules and more
)

var base32Key = base32.StdEncoding.WithPadding(base32.NoPadding)

// OneTimeCodes makes keys for authenticator apps and checks their codes: SHA-1, six digits, 30 seconds, which is what every
// app knows. It keeps nothing and is safe for concurrent use.
type OneTimeCodes struct{ issuer string }

var _ ports.OneTimeCodes = (*OneTimeCodes)(nil)

// NewOneTimeCodes makes a OneTimeCodes. issuer is the name that apps show.
func NewOneTimeCodes(issuer string) *OneTimeCodes { return &OneTimeCodes{issuer: issuer} }

// New answers a fresh secret of 160 bits.
func (c *OneTimeCodes) New() (secret.Bytes, error) {
	b := make([]byte, codeKeyBytes)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return secret.NewBytes(b), nil
}

// Enrolment answers what an app is told about key: account is the name beside the issuer's.
func (c *OneTimeCodes) Enrolment(key secret.Bytes, account string) (ports.Enrolment, error) {
	k, err := totp.Generate(totp.GenerateOpts{
		Issuer: c.issuer, AccountName: account, Period: codePeriod, Secret: key.Reveal(), Digits: otp.DigitsSix,
		Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return ports.Enrolment{}, fmt.Errorf("enrolment of an authenticator: %w", err)
	}
	code, err := k.Image(qrSide, qrSide)
	if err != nil {
		return ports.Enrolment{}, fmt.Errorf("QR code: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, framed(code)); err != nil {
		return ports.Enrolment{}, fmt.Errorf("QR code: %w", err)
	}
	return ports.Enrolment{
		Key: secret.NewString(k.Secret()), URI: secret.NewString(k.URL()), PNG: secret.NewBytes(out.Bytes()),
	}, nil
}

// framed puts the quiet zone around a QR code that cameras need to find it, on dark pages above all.
func framed(code image.Image) image.Image {
	size := code.Bounds().Size()
	out := image.NewGray(image.Rect(0, 0, size.X+2*qrQuiet, size.Y+2*qrQuiet))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, code.Bounds().Add(image.Pt(qrQuiet, qrQuiet)), code, code.Bounds().Min, draw.Src)
	return out
}

// Check answers the time step that code is right for, within one step of now. Only a step greater than after counts. All
// steps are compared, whichever is right.
func (c *OneTimeCodes) Check(key secret.Bytes, code string, now time.Time, after int64) (step int64, ok bool) {
	text := base32Key.EncodeToString(key.Reveal())
	at := now.Unix() / codePeriod
	for s := at - codeSkew; s <= at+codeSkew; s++ {
		if s < 0 {
			continue
		}
		want, err := hotp.GenerateCodeCustom(text, uint64(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > after && !ok {
			step, ok = s, true
		}
	}
	return step, ok
}
