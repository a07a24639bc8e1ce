package probe_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/ports"
)

// script plays the server of a protocol: "< x" is sent with CRLF, "<~x" as it stands, "> x" is a line that must begin with x, "tls"
// begins the handshake. Anything unexpected ends the connection.
func script(t *testing.T, config *tls.Config, lines ...string) func(net.Conn) {
	return func(c net.Conn) {
		for _, line := range lines {
			switch {
			case line == "tls":
				shake(config)(c)
			case strings.HasPrefix(line, "< "):
				_, _ = io.WriteString(c, line[2:]+"\r\n")
			case strings.HasPrefix(line, "<~"):
				_, _ = io.WriteString(c, line[2:])
			case strings.HasPrefix(line, "> "):
				if got := readLine(c); !strings.HasPrefix(got, line[2:]) || !strings.HasSuffix(got, "\r\n") {
					t.Errorf("the probe said %q, want %q", got, line[2:])
					return
				}
			case strings.HasPrefix(line, ">~"):
				want := line[2:]
				got := make([]byte, len(want))
				if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
					t.Errorf("the probe sent %q, want %q", got, want)
					return
				}
			}
		}
	}
}

func readLine(c net.Conn) string {
	var line []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(line, []byte("\n")) && len(line) < 1000 {
		if _, err := c.Read(one); err != nil {
			return string(line)
		}
		line = append(line, one[0])
	}
	return string(line)
}

const (
	ldapAsk = ">~\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
	ldapYes = "<~\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
	// Active Directory: lengths of four bytes, and the OID comes back.
	ldapActive = "<~\x30\x84\x00\x00\x00\x28\x02\x01\x01\x78\x84\x00\x00\x00\x1f\x0a\x01\x00\x04\x00\x04\x00\x8a\x161.3.6.1.4.1.1466.20037"
	ldapNo     = "<~\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00"
	pgAsk      = ">~\x00\x00\x00\x08\x04\xd2\x16\x2f"
)

func TestSTARTTLSLeadsToTheCertificate(t *testing.T) {
	cert := makeCert(t, "mail.example", 0)
	for name, c := range map[string]struct {
		protocol string
		lines    []string
	}{
		"smtp": {"smtp", []string{"< 220-mail.example", "< 220 ready", "> EHLO [127.0.0.1]", "< 250-mail.example", "< 250-starttls", "< 250 SIZE 1",
			"> STARTTLS", "< 220 go", "tls"}},
		"smtp, last line": {"smtp", []string{"< 220 ready", "> EHLO", "< 250-mail.example", "< 250 STARTTLS", "> STARTTLS", "< 220", "tls"}},
		"imap":            {"imap", []string{"< * OK ready", "> a1 STARTTLS", "< * CAPABILITY IMAP4rev1", "< A1 ok begin", "tls"}},
		"pop3":            {"pop3", []string{"< +OK ready", "> STLS", "< +OK begin", "tls"}},
		"ftp":             {"ftp", []string{"< 220-hello", "<     any line", "< 220 ready", "> AUTH TLS", "< 234 begin", "tls"}},
		"lines of LF":     {"pop3", []string{"<~+OK ready\n", "> STLS", "<~+OK begin\n", "tls"}},
		"ldap":            {"ldap", []string{ldapAsk, ldapYes, "tls"}},
		"ldap of AD":      {"ldap", []string{ldapAsk, ldapActive, "tls"}},
		"postgres":        {"postgres", []string{pgAsk, "<~S", "tls"}},
	} {
		t.Run(name, func(t *testing.T) {
			port := serve(t, "127.0.0.1:0", script(t, with(cert), c.lines...))
			if s := look(t, prober(nil, 0), ports.ProbeRequest{Host: "127.0.0.1", Port: port, StartTLS: c.protocol}); s.Fingerprint != fingerprint(cert) {
				t.Errorf("%+v", s)
			}
		})
	}
	port := serve(t, "[::1]:0", script(t, with(cert), "< 220 ready", "> EHLO [IPv6:::1]", "< 250-mail.example", "< 250 STARTTLS", "> STARTTLS", "< 220 go", "tls"))
	if s := look(t, prober(nil, 0), ports.ProbeRequest{Host: "::1", Port: port, StartTLS: "smtp"}); s.Fingerprint != fingerprint(cert) {
		t.Errorf("by IPv6: %+v", s)
	}
}

func TestSTARTTLSThatLeadsNowhere(t *testing.T) {
	line := strings.Repeat("a", 70000)
	for name, c := range map[string]struct {
		protocol, code string
		lines          []string
	}{
		"smtp without":          {"smtp", "starttls_refused", []string{"< 220 ready", "> EHLO", "< 250-mail.example", "< 250 SIZE 1"}},
		"smtp stripped":         {"smtp", "starttls_refused", []string{"< 220 ready", "> EHLO", "< 250-mail.example", "< 250 XSTARTTLS"}},
		"smtp busy":             {"smtp", "starttls_refused", []string{"< 421 too many"}},
		"smtp says no":          {"smtp", "starttls_refused", []string{"< 220 ready", "> EHLO", "< 250-a", "< 250 STARTTLS", "> STARTTLS", "< 454 not now"}},
		"smtp is something":     {"smtp", "starttls_failed", []string{"< SSH-2.0-OpenSSH"}},
		"smtp of endless lines": {"smtp", "answer_too_large", []string{"<~" + strings.Repeat("220-a\r\n", 200)}},
		"smtp of a long line":   {"smtp", "answer_too_large", []string{"< 220 " + line}},
		"smtp hangs up":         {"smtp", "starttls_failed", []string{"<~220-"}},
		"imap bye":              {"imap", "starttls_refused", []string{"< * BYE busy"}},
		"imap says no":          {"imap", "starttls_refused", []string{"< * OK ready", "> a1 STARTTLS", "< a1 BAD unknown"}},
		"imap of endless lines": {"imap", "answer_too_large", []string{"< * OK ready", "> a1 STARTTLS", "<~" + strings.Repeat("* x\r\n", 200)}},
		"imap is something":     {"imap", "starttls_failed", []string{"< +OK"}},
		"pop3 says no":          {"pop3", "starttls_refused", []string{"< +OK ready", "> STLS", "< -ERR no"}},
		"pop3 is something":     {"pop3", "starttls_failed", []string{"< * OK"}},
		"ftp says no":           {"ftp", "starttls_refused", []string{"< 220 ready", "> AUTH TLS", "< 502 no"}},
		"ldap says no":          {"ldap", "starttls_refused", []string{ldapAsk, ldapNo}},
		"ldap is something":     {"ldap", "starttls_failed", []string{ldapAsk, "< HTTP/1.1 400"}},
		"ldap of 4 GB":          {"ldap", "answer_too_large", []string{ldapAsk, "<~\x30\x84\xff\xff\xff\xff"}},
		"ldap of lies":          {"ldap", "starttls_failed", []string{ldapAsk, "<~\x30\x06\x02\x01\x01\x78\x7f\x0a"}},
		"ldap without length":   {"ldap", "starttls_failed", []string{ldapAsk, "<~\x30\x80"}},
		"postgres without":      {"postgres", "starttls_refused", []string{pgAsk, "<~N"}},
		"postgres is something": {"postgres", "starttls_failed", []string{pgAsk, "<~H"}},
		"then no TLS":           {"pop3", "not_tls", []string{"< +OK ready", "> STLS", "< +OK begin", "< +OK still in clear"}},
	} {
		t.Run(name, func(t *testing.T) {
			port := serve(t, "127.0.0.1:0", func(conn net.Conn) {
				script(t, nil, c.lines...)(conn)
				_ = conn.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, conn) // closed with something unread, what was written would be lost
			})
			if s := look(t, prober(nil, 0), ports.ProbeRequest{Host: "127.0.0.1", Port: port, StartTLS: c.protocol}); code(s) != c.code {
				t.Errorf("%+v", s)
			}
		})
	}
	port := serve(t, "127.0.0.1:0", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for _, protocol := range []string{"smtp", "imap", "pop3", "ftp", "ldap", "postgres"} {
		if s := look(t, prober(nil, 50*time.Millisecond), ports.ProbeRequest{Host: "127.0.0.1", Port: port, StartTLS: protocol}); code(s) != "handshake_timeout" {
			t.Errorf("%s, silent: %+v", protocol, s)
		}
	}
}
