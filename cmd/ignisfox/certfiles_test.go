package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// pairFiles writes a certificate with that serial number and its key, dated at.
func pairFiles(t *testing.T, dir string, serial int64, at time.Time) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotAfter: at.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// A renewed certificate of the server itself is taken up without a restart; one that does not fit its key is not.
func TestTheServersOwnCertificateIsReadAgain(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	p := &certFiles{now: func() time.Time { return now }, log: newLogger(&log, slog.LevelInfo)}
	p.cert, p.key = pairFiles(t, dir, 1, now)
	if err := p.load(); err != nil {
		t.Fatal(err)
	}
	serves := func(want int64) {
		t.Helper()
		pair, err := p.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil || leaf.SerialNumber.Int64() != want {
			t.Errorf("serves %v (%v), want %d", leaf.SerialNumber, err, want)
		}
	}
	serves(1)
	pairFiles(t, dir, 2, now.Add(time.Second))
	serves(1) // not looked at yet
	now = now.Add(certCheck)
	serves(2)

	if err := os.WriteFile(p.key, []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(certCheck)
	serves(2)
	if !bytes.Contains(log.Bytes(), []byte("the old one stays")) {
		t.Errorf("nothing is said about the torn pair: %s", log.String())
	}
	pairFiles(t, dir, 3, now.Add(2*time.Second))
	now = now.Add(certCheck)
	serves(3)
}
