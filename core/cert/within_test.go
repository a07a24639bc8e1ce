package cert

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ignisfox/ignisfox/core/secret"
)

func TestParseGuarded(t *testing.T) {
	leaf := spec{cn: "a.example", key: keys()["p256"][0]}.make(t)
	f, err := ParseGuarded(time.Minute, leaf.PEM(), secret.String{}, nil)
	if err != nil || f.Kind != KindCert {
		t.Fatalf("%v %v", f, err)
	}
	wantCode(t, "empty_file", func() error { _, err := ParseGuarded(time.Minute, nil, secret.String{}, nil); return err })
	wantCode(t, "file_too_large", func() error {
		_, err := ParseGuarded(time.Minute, make([]byte, maxFile+1), secret.String{}, nil)
		return err
	})
}

// The deadline answers while the work is still going on; the keys that come of it later are wiped, and only then has the
// parser ended.
func TestTooSlow(t *testing.T) {
	k := asKey(t, keys()["p256"][0])
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var ended, stopped atomic.Int64
		wiped := false
		wantCode(t, "too_slow", func() error {
			_, err := guarded(2*time.Second, func() {
				wiped = bytes.Equal(k.der.Reveal(), make([]byte, k.der.Len()))
				ended.Add(1)
			}, func(stop func() bool) (*File, error) {
				if stop() {
					t.Error("told to stop before the deadline")
				}
				<-release
				if stop() {
					stopped.Add(1)
				}
				return &File{Keys: []*Key{k}}, nil
			})
			return err
		})
		synctest.Wait()
		if ended.Load() != 0 {
			t.Error("ended was called while the parser was running")
		}
		close(release)
		synctest.Wait()
		if ended.Load() != 1 || stopped.Load() != 1 {
			t.Errorf("ended was called %d times, stop said yes %d times", ended.Load(), stopped.Load())
		}
		if !wiped {
			t.Error("the key of an abandoned parse is still there when it has ended")
		}
	})
}

// Whatever the answer, the end of the parser is told once, and when it was in time before the answer.
func TestEndedIsToldOnce(t *testing.T) {
	leaf := spec{cn: "a.example", key: keys()["p256"][0]}.make(t)
	for name, data := range map[string][]byte{"good": leaf.PEM(), "refused": nil, "too large": make([]byte, maxFile+1), "unknown": []byte("x")} {
		var ended atomic.Int64
		_, _ = ParseGuarded(time.Minute, data, secret.String{}, func() { ended.Add(1) })
		if n := ended.Load(); n != 1 {
			t.Errorf("%s: told %d times", name, n)
		}
	}
	synctest.Test(t, func(t *testing.T) { // a panic after the deadline
		var ended atomic.Int64
		release := make(chan struct{})
		_, _ = guarded(time.Second, func() { ended.Add(1) }, func(func() bool) (*File, error) { <-release; panic("x") })
		close(release)
		synctest.Wait()
		if n := ended.Load(); n != 1 {
			t.Errorf("late panic: told %d times", n)
		}
	})
}

// A parser that nobody waits for begins no other key derivation, and reads no other part.
func TestLateParserStops(t *testing.T) {
	leaf := spec{cn: "a.example", key: keys()["p256"][0]}.make(t)
	built, err := BuildPFX(leaf, asKey(t, keys()["p256"][0]), nil, secret.NewString("pw"), PresetModern)
	if err != nil {
		t.Fatal(err)
	}
	stopAfter := func(n int64) error {
		before := derivations.Load()
		_, err := parse(built.Reveal(), work{password: secret.NewString("pw"), iterations: maxIterations,
			stop: func() bool { return derivations.Load()-before >= n }})
		if got := derivations.Load() - before; got != min(n, 3) {
			t.Errorf("%d key derivations, stopped after %d", got, n)
		}
		return err
	}
	for n := range int64(3) { // of MAC, certificates and key
		wantCode(t, "too_slow", func() error { return stopAfter(n) })
	}
	if err := stopAfter(4); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	pair(t, dir, "rsa")
	openssl(t, dir, "pkcs8", "-topk8", "-in", "k.pem", "-passout", "pass:pw", "-out", "p8.pem")
	openssl(t, dir, "pkey", "-traditional", "-in", "k.pem", "-aes128", "-passout", "pass:pw", "-out", "dek.pem")
	openssl(t, dir, "crl2pkcs7", "-nocrl", "-certfile", "c.pem", "-outform", "DER", "-out", "c.p7c")
	for name, allowed := range map[string]int{"p8.pem": 1, "dek.pem": 1, "c.p7c": 1, "c.pem": 0} {
		asked := 0
		n := wantCode(t, "too_slow", func() error {
			_, err := parse(readFile(t, dir, name), work{password: secret.NewString("pw"), iterations: maxIterations,
				stop: func() bool { asked++; return asked > allowed }})
			return err
		})
		if n != 0 {
			t.Errorf("%s: %d key derivations", name, n)
		}
	}
	wantCode(t, "too_slow", func() error {
		_, err := parse(leaf.DER, work{stop: func() bool { return true }})
		return err
	})
}

// A slow file is given up at the deadline although its key derivation is not done.
func TestTooSlowFile(t *testing.T) {
	slow := pfxOf(macOf(derOf(0x30, oid(oidSHA512)), []byte("salt"), maxIterations), plainSafe())
	wantCode(t, "too_slow", func() error { _, err := ParseGuarded(time.Millisecond, slow, secret.NewString("pw"), nil); return err })
}

func TestPanicIsARefusal(t *testing.T) {
	const content = "content of the file"
	_, err := guarded(time.Minute, func() {}, func(func() bool) (*File, error) { panic(content) })
	wantCode(t, "unreadable", func() error { return err })
	if strings.Contains(err.Error(), content) {
		t.Errorf("the refusal tells what panicked: %v", err)
	}
}
