package cert

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// derElements splits data into DER values when it consists of them, or answers the first maxBlocks+1 of them. White
// space and NULs behind them are let pass.
func derElements(data []byte) (elements [][]byte, ok bool) {
	for len(data) > 0 && data[0] == 0x30 {
		if len(elements) > maxBlocks {
			return elements, true
		}
		out, rest, err := definite(data)
		if err != nil {
			return nil, false
		}
		elements, data = append(elements, out), rest
	}
	return elements, len(elements) > 0 && len(bytes.Trim(data, " \t\r\n\x00")) == 0
}

// fromUTF16 makes bytes of text that some editors and shells write; only ASCII matters.
func fromUTF16(data []byte) ([]byte, bool) {
	if len(data) < 2 {
		return nil, false
	}
	var order binary.ByteOrder
	switch {
	case data[0] == 0xff && data[1] == 0xfe:
		order = binary.LittleEndian
	case data[0] == 0xfe && data[1] == 0xff:
		order = binary.BigEndian
	default:
		return nil, false
	}
	out := make([]byte, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		if c := order.Uint16(data[i:]); c < 0x80 && !utf16.IsSurrogate(rune(c)) {
			out = append(out, byte(c))
		} else {
			out = append(out, '?')
		}
	}
	return out, true
}
