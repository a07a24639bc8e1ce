package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/secret"
)

func TestNoVerbNoEncoderPrintsASecret(t *testing.T) {
	const canary = "canary-5f1e"
	holder := struct {
		B secret.Bytes
		S secret.String
		P *secret.Bytes
		// fmt cannot call methods on these.
		b secret.Bytes
		s secret.String
		m map[string]secret.String
		l []secret.Bytes
	}{
		secret.NewBytes([]byte(canary)), secret.NewString(canary), new(secret.NewBytes([]byte(canary))),
		secret.NewBytes([]byte(canary)), secret.NewString(canary), map[string]secret.String{"k": secret.NewString(canary)},
		[]secret.Bytes{secret.NewBytes([]byte(canary))},
	}

	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, holder, holder.B, holder.S)
	}
	j, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	var log bytes.Buffer
	l := slog.New(slog.NewJSONHandler(&log, nil))
	l.Info("x", "b", holder.B, "s", holder.S, "h", holder)
	l = slog.New(slog.NewTextHandler(&log, nil))
	l.Info("x", "b", holder.B, "s", holder.S, "h", holder)
	out.Write(log.Bytes())

	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprint([]byte(canary))} {
		if strings.Contains(out.String(), form) {
			t.Errorf("a secret was printed as %q", form)
		}
	}
	if !strings.Contains(out.String(), secret.Redacted) {
		t.Error("nothing was printed at all")
	}
}

func TestWipeReachesEveryCopy(t *testing.T) {
	a := secret.NewBytes([]byte{1, 2, 3})
	b, c := a, a.Clone()
	a.Wipe()
	if !bytes.Equal(b.Reveal(), []byte{0, 0, 0}) || !bytes.Equal(c.Reveal(), []byte{1, 2, 3}) {
		t.Errorf("after wipe: copy %v, clone %v", b.Reveal(), c.Reveal())
	}
}
