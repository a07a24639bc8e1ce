package probe

import (
	"io"
	"net"
)

// startTLSRequest is the extended request of RFC 4511 section 4.14.1: message 1, OID 1.3.6.1.4.1.1466.20037.
var startTLSRequest = append([]byte{0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16}, "1.3.6.1.4.1.1466.20037"...)

const maxMessage = 4096

// ldap asks for TLS. Active Directory writes lengths longer than they need be, so they are read by BER and not by DER.
func ldap(c net.Conn) error {
	if _, err := c.Write(startTLSRequest); err != nil {
		return err
	}
	message, err := readMessage(c)
	if err != nil {
		return err
	}
	id, rest, ok := element(message, 0x02)
	if !ok || len(id) != 1 || id[0] != 1 {
		return errDialogue
	}
	response, _, ok := element(rest, 0x78)
	if !ok {
		return errDialogue
	}
	result, _, ok := element(response, 0x0a)
	if !ok || len(result) != 1 {
		return errDialogue
	}
	if result[0] != 0 {
		return errRefused
	}
	return nil
}

// readMessage reads one SEQUENCE and answers what is in it.
func readMessage(c net.Conn) ([]byte, error) {
	head := make([]byte, 2, 6)
	if _, err := io.ReadFull(c, head); err != nil {
		return nil, err
	}
	if head[0] != 0x30 || head[1] == 0x80 || head[1] > 0x84 {
		return nil, errDialogue
	}
	if head[1] > 0x80 {
		head = head[:2+int(head[1]&0x7f)]
		if _, err := io.ReadFull(c, head[2:]); err != nil {
			return nil, err
		}
	}
	n, _, ok := length(head[1:])
	if !ok {
		return nil, errDialogue
	}
	if n > maxMessage {
		return nil, errTooMuch
	}
	body := make([]byte, n)
	_, err := io.ReadFull(c, body)
	return body, err
}

// element takes the element of a tag from the front of b.
func element(b []byte, tag byte) (content, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != tag {
		return nil, nil, false
	}
	n, rest, ok := length(b[1:])
	if !ok || n > len(rest) {
		return nil, nil, false
	}
	return rest[:n], rest[n:], true
}

// length takes a length of BER from the front of b: one byte, or up to four that follow their number.
func length(b []byte) (n int, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	first, b := b[0], b[1:]
	if first < 0x80 {
		return int(first), b, true
	}
	size := int(first & 0x7f)
	if size == 0 || size > 4 || size > len(b) {
		return 0, nil, false
	}
	for _, x := range b[:size] {
		n = n<<8 | int(x)
	}
	return n, b[size:], true
}
