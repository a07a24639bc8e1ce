package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"
)

// leaf answers the first certificate in PEM, nil when there is none. Private keys beside it are passed over.
func leaf(data []byte) *x509.Certificate {
	for len(data) > 0 {
		block, rest := pem.Decode(data)
		if block == nil {
			return nil
		}
		if block.Type == "CERTIFICATE" {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil
			}
			return cert
		}
		data = rest
	}
	return nil
}

// leafWords tells one certificate from another: "serial 03a1…, ends 2026-12-01"; "" when there is none.
func leafWords(data []byte) string {
	cert := leaf(data)
	if cert == nil {
		return ""
	}
	serial := fmt.Sprintf("%x", cert.SerialNumber)
	if len(serial) > 16 {
		serial = serial[:16] + "…"
	}
	return fmt.Sprintf("serial %s, ends %s", serial, cert.NotAfter.UTC().Format(time.DateOnly))
}
