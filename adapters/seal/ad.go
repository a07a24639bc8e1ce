package seal

import (
	"encoding/binary"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// adVersion begins all associated data, so that another layout can never be mistaken for this one.
const adVersion = "ifx1"

// placeAD answers the associated data of a place. A place with a part missing is a bug of the caller; sealing it would
// bind the value to less than promised.
func placeAD(at ports.Place) ([]byte, error) {
	if at.Table == "" || at.Column == "" || at.Row == "" {
		return nil, fault.New(fault.Internal, "bad_place", "A secret was about to be stored without saying where.")
	}
	return joinAD(adVersion, string(at.Tenant), at.Table, at.Column, at.Row), nil
}

// keysetAD binds a wrapped part (keyset or MAC root) to its tenant.
func keysetAD(part string, id tenant.ID) []byte {
	return joinAD(adVersion, "wrapped", part, string(id))
}

// joinAD writes every part behind its length, so that no two lists of parts give the same bytes.
func joinAD(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += 4 + len(p)
	}
	out := make([]byte, 0, n)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}
