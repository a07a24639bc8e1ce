package auth

import (
	"bytes"
	"encoding/base32"
	"image"
	"image/png"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/secret"
)

// RFC 6238, appendix B, SHA-1, the last six of its eight digits.
func TestCodesAreThoseOfTheStandard(t *testing.T) {
	c := NewOneTimeCodes("Ignisfox")
	key := secret.NewBytes([]byte("12345678901234567890"))
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if step, ok := c.Check(key, code, time.Unix(at, 0), 0); !ok || step != at/30 {
			t.Errorf("at %d: %d, %v", at, step, ok)
		}
	}
}

func TestACodeCountsAStepEitherWayAndNeverBackwards(t *testing.T) {
	c := NewOneTimeCodes("Ignisfox")
	key := secret.NewBytes([]byte("12345678901234567890"))
	const code, step = "050471", 1111111111 / 30
	for _, try := range []struct {
		steps, after int64
		ok           bool
	}{
		{0, 0, true}, {-1, 0, true}, {1, 0, true}, {-2, 0, false}, {2, 0, false},
		{0, step - 1, true}, {0, step, false}, {1, step, false}, {0, step + 1, false},
	} {
		got, ok := c.Check(key, code, time.Unix((step+try.steps)*30, 0), try.after)
		if ok != try.ok || ok && got != step {
			t.Errorf("%+v: %d, %v", try, got, ok)
		}
	}
	for _, wrong := range []string{"", "050472", "50471", "0504710", " 050471", "05047１", strings.Repeat("0", 1<<20)} {
		if _, ok := c.Check(key, wrong, time.Unix(1111111111, 0), 0); ok {
			t.Errorf("%.20q is taken", wrong)
		}
	}
	if _, ok := c.Check(key, code, time.Unix(0, 0), -1); ok {
		t.Error("a code of another time is taken at the beginning of time")
	}
}

func TestAnEnrolmentTellsAppsAndCameras(t *testing.T) {
	c := NewOneTimeCodes("Ignisfox")
	seen := map[string]bool{}
	for _, account := range []string{"kim@example.com", "a/b?c&d=e%20f:g@example.com", strings.Repeat("k", 242) + "@example.com"} {
		key, err := c.New()
		if err != nil || key.Len() != 20 || seen[string(key.Reveal())] {
			t.Fatalf("a key of %d bytes, %v", key.Len(), err)
		}
		seen[string(key.Reveal())] = true
		e, err := c.Enrolment(key, account)
		if err != nil {
			t.Fatal(err)
		}
		if want := base32.StdEncoding.EncodeToString(key.Reveal()); e.Key.Reveal() != want {
			t.Error("the key is not the key")
		}
		u, err := url.Parse(e.URI.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Ignisfox:"+account || q.Get("secret") != e.Key.Reveal() ||
			q.Get("issuer") != "Ignisfox" || q.Get("algorithm") != "SHA1" || q.Get("digits") != "6" || q.Get("period") != "30" {
			t.Errorf("apps are told something else for %q", account)
		}
		picture, err := png.Decode(bytes.NewReader(e.PNG.Reveal()))
		if err != nil {
			t.Fatal(err)
		}
		white, dark := frameOf(picture)
		if !white || dark < 1000 {
			t.Errorf("%v of %v: white frame %v, %d dark pixels", account, picture.Bounds(), white, dark)
		}
	}
}

// frameOf says whether the frame of a QR code is white, and counts what is dark inside.
func frameOf(p image.Image) (white bool, dark int) {
	white = true
	inner := p.Bounds().Inset(20)
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y++ {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x++ {
			r, _, _, _ := p.At(x, y).RGBA()
			if r > 0x8000 {
				continue
			}
			if image.Pt(x, y).In(inner) {
				dark++
			} else {
				white = false
			}
		}
	}
	return white, dark
}
