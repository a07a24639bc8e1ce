package main

import (
	"encoding/binary"
	"io"
)

// privateOpen makes every file that an SFTP client opens the owner's alone from its first moment. The client sends no mode with
// SSH_FXP_OPEN, so that the server's umask would decide, and whoever opened the empty file before a chmod could read the key later.
//
// It works on whole packets: length, type, body. OPEN's body is id, name, flags and attributes, of which the client sends none.
type privateOpen struct {
	to  io.WriteCloser
	buf []byte
}

const (
	fxpOpen         = 3
	attrPermissions = 4
	privateMode     = 0o600
)

func (p *privateOpen) Write(b []byte) (int, error) {
	p.buf = append(p.buf, b...)
	for len(p.buf) >= 4 {
		size := 4 + int(binary.BigEndian.Uint32(p.buf))
		if len(p.buf) < size {
			break
		}
		if _, err := p.to.Write(withMode(p.buf[:size:size])); err != nil {
			return 0, err
		}
		p.buf = p.buf[size:]
	}
	return len(b), nil
}

// Close implements io.WriteCloser.
func (p *privateOpen) Close() error { return p.to.Close() }

// withMode adds the mode to an OPEN that comes without attributes.
func withMode(packet []byte) []byte {
	body := len(packet) - 4
	if body < 5 || packet[4] != fxpOpen || binary.BigEndian.Uint32(packet[body:]) != 0 {
		return packet
	}
	binary.BigEndian.PutUint32(packet, uint32(body+4))
	binary.BigEndian.PutUint32(packet[body:], attrPermissions)
	return binary.BigEndian.AppendUint32(packet, privateMode)
}
