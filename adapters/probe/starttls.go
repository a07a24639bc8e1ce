package probe

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
)

// dialogue brings a connection to where the TLS handshake begins. It reads not one byte beyond.
type dialogue func(net.Conn) error

var dialogues = map[string]dialogue{
	"": nil, "smtp": smtp, "imap": imap, "pop3": pop3, "ftp": ftp, "ldap": ldap, "postgres": postgres,
}

const (
	maxLines = 100
	maxLine  = 2048
)

var errDialogue = errors.New("not the answer that the protocol has")

// readLine answers a line without its end. It reads byte by byte: what follows the last line belongs to TLS.
func readLine(c net.Conn) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) <= maxLine {
		if _, err := io.ReadFull(c, one); err != nil {
			return "", err
		}
		if one[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, one[0])
	}
	return "", errTooMuch
}

func say(c net.Conn, line string) error {
	_, err := io.WriteString(c, line+"\r\n")
	return err
}

// reply reads an answer of SMTP or FTP: lines "250-…" and a last one "250 …". FTP may have lines of any form between.
func reply(c net.Conn, code string) ([]string, error) {
	var lines []string
	for range maxLines {
		line, err := readLine(c)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
		if len(lines) == 1 && !strings.HasPrefix(line, code) {
			if len(line) >= 3 && (line[0] == '4' || line[0] == '5') {
				return nil, errRefused
			}
			return nil, errDialogue
		}
		if line == code || strings.HasPrefix(line, code+" ") {
			return lines, nil
		}
	}
	return nil, errTooMuch
}

// smtp is RFC 3207.
func smtp(c net.Conn) error {
	if _, err := reply(c, "220"); err != nil {
		return err
	}
	if err := say(c, "EHLO "+literal(c.LocalAddr())); err != nil {
		return err
	}
	offers, err := reply(c, "250")
	if err != nil {
		return err
	}
	offered := false
	for _, line := range offers[1:] {
		offered = offered || strings.EqualFold(strings.TrimSpace(line[min(4, len(line)):]), "STARTTLS")
	}
	if !offered {
		return errRefused
	}
	if err := say(c, "STARTTLS"); err != nil {
		return err
	}
	_, err = reply(c, "220")
	return err
}

// literal names a client without a name by its address, RFC 5321 section 4.1.3.
func literal(a net.Addr) string {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return "[127.0.0.1]"
	}
	addr := ap.Addr().Unmap().WithZone("")
	if addr.Is4() {
		return "[" + addr.String() + "]"
	}
	return "[IPv6:" + addr.String() + "]"
}

// ftp is RFC 4217.
func ftp(c net.Conn) error {
	if _, err := reply(c, "220"); err != nil {
		return err
	}
	if err := say(c, "AUTH TLS"); err != nil {
		return err
	}
	_, err := reply(c, "234")
	return err
}

// pop3 is RFC 2595.
func pop3(c net.Conn) error {
	if err := pop3OK(c); err != nil {
		return err
	}
	if err := say(c, "STLS"); err != nil {
		return err
	}
	return pop3OK(c)
}

func pop3OK(c net.Conn) error {
	line, err := readLine(c)
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(line, "-ERR"):
		return errRefused
	case !strings.HasPrefix(line, "+OK"):
		return errDialogue
	}
	return nil
}

// imap is RFC 9051 section 6.2.1.
func imap(c net.Conn) error {
	line, err := readLine(c)
	if err != nil {
		return err
	}
	if upper := strings.ToUpper(line); !strings.HasPrefix(upper, "* OK") {
		if strings.HasPrefix(upper, "* BYE") {
			return errRefused
		}
		return errDialogue
	}
	if err := say(c, "a1 STARTTLS"); err != nil {
		return err
	}
	for range maxLines {
		line, err := readLine(c)
		if err != nil {
			return err
		}
		switch upper := strings.ToUpper(line); {
		case strings.HasPrefix(upper, "A1 OK"):
			return nil
		case strings.HasPrefix(upper, "A1 "), strings.HasPrefix(upper, "* BYE"):
			return errRefused
		case !strings.HasPrefix(line, "* "):
			return errDialogue
		}
	}
	return errTooMuch
}

// postgres is SSLRequest of the protocol of PostgreSQL.
func postgres(c net.Conn) error {
	if _, err := c.Write([]byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f}); err != nil {
		return err
	}
	answer := make([]byte, 1)
	if _, err := io.ReadFull(c, answer); err != nil {
		return err
	}
	switch answer[0] {
	case 'S':
		return nil
	case 'N', 'E':
		return errRefused
	}
	return errDialogue
}
