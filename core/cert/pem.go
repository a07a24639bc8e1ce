package cert

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// A block is one PEM block. der is nil when the block is not closed or its base64 is broken.
type block struct {
	label string
	dek   string // value of the DEK-Info header: encrypted the old way
	der   []byte
}

var (
	pemBegin = []byte("-----BEGIN ")
	pemEnd   = []byte("-----END ")
	pemDash  = []byte("-----")
)

const maxLabel = 64

// splitPEM finds the PEM blocks of data in one pass; text around them, indentation and every line ending are allowed.
// around is that text, with what is left of blocks that are not whole. The caller wipes the blocks.
func splitPEM(data []byte) (blocks []block, around [][]byte, err error) {
	if bytes.Count(data, pemBegin) > maxBlocks {
		return nil, nil, refuse("too_many_blocks", "The file has more than 50 PEM blocks.")
	}
	for {
		at := bytes.Index(data, pemBegin)
		if at < 0 {
			return blocks, append(around, data), nil
		}
		around = append(around, data[:at])
		data = data[at+len(pemBegin):]
		end := bytes.Index(data, pemDash)
		if end < 0 || end > maxLabel {
			if line, _, _ := bytes.Cut(data, []byte("\n")); bytes.Contains(line, []byte(wordsOfKey)) {
				blocks = append(blocks, block{label: wordsOfKey}) // its first line is not whole
			}
			continue
		}
		label := strings.TrimSpace(string(data[:end]))
		body := data[end+len(pemDash):]
		stop, next := bytes.Index(body, pemEnd), bytes.Index(body, pemBegin)
		last := append([]byte(label), pemDash...)
		if stop < 0 || next >= 0 && next < stop || !bytes.HasPrefix(body[stop+len(pemEnd):], last) {
			blocks = append(blocks, block{label: label})
			continue
		}
		b := block{label: label}
		var base []byte
		b.dek, base = splitHeaders(body[:stop])
		b.der = decodeBase64(base)
		blocks = append(blocks, b)
		data = body[stop+len(pemEnd)+len(last):]
	}
}

// splitHeaders takes the header lines off the front of a block's body.
func splitHeaders(body []byte) (dek string, base []byte) {
	body = bytes.TrimLeft(body, " \t\r\n")
	for {
		line := body
		if n := bytes.IndexAny(body, "\r\n"); n >= 0 {
			line = body[:n]
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			return dek, body
		}
		if string(bytes.TrimSpace(name)) == "DEK-Info" && len(value) < 128 {
			dek = string(bytes.TrimSpace(value))
		}
		body = bytes.TrimLeft(body[len(line):], " \t\r\n")
	}
}

// decodeBase64 leaves out white space; nil when it is not base64.
func decodeBase64(base []byte) []byte {
	packed := make([]byte, 0, len(base))
	defer func() { clear(packed) }()
	for _, c := range base {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			packed = append(packed, c)
		}
	}
	der := make([]byte, base64.StdEncoding.DecodedLen(len(packed)))
	n, err := base64.StdEncoding.Decode(der, packed)
	if err != nil || n == 0 {
		clear(der)
		return nil
	}
	return der[:n]
}
