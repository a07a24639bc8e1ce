package cert

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ignisfox/ignisfox/core/secret"
)

func TestParseWithin(t *testing.T) {
	leaf := spec{cn: "a.example", key: keys()["p256"][0]}.make(t)
	f, err := ParseWithin(time.Minute, leaf.PEM(), secret.String{})
	if err != nil || f.Kind != KindCert {
		t.Fatalf("%v %v", f, err)
	}
	wantCode(t, "empty_file", func() error { _, err := ParseWithin(time.Minute, nil, secret.String{}); return err })
	wantCode(t, "file_too_large", func() error {
		_, err := ParseWithin(time.Minute, make([]byte, maxFile+1), secret.String{})
		return err
	})
}

// The deadline answers while the work is still going on, and the keys that come of it later are wiped.
func TestTooSlow(t *testing.T) {
	k := asKey(t, keys()["p256"][0])
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		wantCode(t, "too_slow", func() error {
			_, err := within(2*time.Second, func() (*File, error) {
				<-release
				return &File{Keys: []*Key{k}}, nil
			})
			return err
		})
		close(release)
		synctest.Wait()
		if !bytes.Equal(k.der.Reveal(), make([]byte, k.der.Len())) {
			t.Error("the key of an abandoned parse is still there")
		}
	})
}

// A slow file is given up at the deadline although its key derivation is not done.
func TestTooSlowFile(t *testing.T) {
	slow := pfxOf(macOf(derOf(0x30, oid(oidSHA512)), []byte("salt"), maxIterations), plainSafe())
	wantCode(t, "too_slow", func() error { _, err := ParseWithin(time.Millisecond, slow, secret.NewString("pw")); return err })
}

func TestPanicIsARefusal(t *testing.T) {
	const content = "content of the file"
	_, err := within(time.Minute, func() (*File, error) { panic(content) })
	wantCode(t, "unreadable", func() error { return err })
	if strings.Contains(err.Error(), content) {
		t.Errorf("the refusal tells what panicked: %v", err)
	}
}
