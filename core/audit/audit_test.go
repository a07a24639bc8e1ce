package audit_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// trail is a chain in a slice.
type trail struct{ entries []audit.Entry }

func (l *trail) Last(context.Context) (int64, []byte, error) {
	if len(l.entries) == 0 {
		return 0, nil, nil
	}
	e := l.entries[len(l.entries)-1]
	return e.Seq, e.MAC, nil
}

func (l *trail) Insert(_ context.Context, e audit.Entry) error {
	l.entries = append(l.entries, e)
	return nil
}

type keyed []byte

func (k keyed) MAC(_ context.Context, purpose string, data []byte) ([]byte, error) {
	m := hmac.New(sha256.New, append(k, purpose...))
	m.Write(data)
	return m.Sum(nil), nil
}

var errBroken = errors.New("the chain is broken")

func verify(entries []audit.Entry, id tenant.ID) error {
	var prev []byte
	for i, e := range entries {
		sum, err := audit.Sum(context.Background(), keyed("k"), id, prev, e)
		if err != nil {
			return err
		}
		if e.Seq != int64(i+1) || !bytes.Equal(sum, e.MAC) {
			return errBroken
		}
		prev = e.MAC
	}
	return nil
}

func TestAChangedOrMissingEntryBreaksTheChain(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	l := &trail{}
	who := tenant.Actor{Principal: tenant.PrincipalUser, Tenant: "ten_1", User: "usr_1", Name: "kim@example.com"}
	for i := range 5 {
		err := audit.Record(context.Background(), l, keyed("k"), who, at.Add(time.Duration(i)*time.Second),
			tenant.ArtifactDelete, "art_1", "www", map[string]string{"kind": "key"})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := verify(l.entries, "ten_1"); err != nil {
		t.Fatal(err)
	}
	if verify(l.entries, "ten_2") == nil {
		t.Error("the chain of one tenant passes for another's")
	}
	for what, change := range map[string]func(e []audit.Entry) []audit.Entry{
		"actor":   func(e []audit.Entry) []audit.Entry { e[2].Actor = "eve@example.com"; return e },
		"time":    func(e []audit.Entry) []audit.Entry { e[2].At = e[2].At.Add(time.Microsecond); return e },
		"details": func(e []audit.Entry) []audit.Entry { e[2].Details = map[string]string{"kind": "cert"}; return e },
		"shifted": func(e []audit.Entry) []audit.Entry { e[2].Object, e[2].ObjectName = "art_1www", ""; return e },
		"missing": func(e []audit.Entry) []audit.Entry { return append(e[:2], e[3:]...) },
		"swapped": func(e []audit.Entry) []audit.Entry { e[1], e[2] = e[2], e[1]; return e },
	} {
		if verify(change(append([]audit.Entry(nil), l.entries...)), "ten_1") == nil {
			t.Errorf("%s: nobody would notice", what)
		}
	}
}
