package egress

import (
	"fmt"
	"net/netip"
)

// Refused says that an address may not be connected to. It is found with errors.As below the errors of net and net/http.
type Refused struct {
	Host    string // as it was asked for, when that was a name
	Address netip.AddrPort
	Class   Class
}

// Error says what to do, in words for a person.
func (r *Refused) Error() string {
	what := bare(r.Address.Addr()).String()
	if r.Host != "" {
		what = r.Host + " (" + what + ")"
	}
	switch {
	case r.Class == Listener:
		return fmt.Sprintf("%s port %d is %s; nothing connects from here to there.", what, r.Address.Port(), r.Class)
	case r.Class == Metadata:
		return fmt.Sprintf("%s is %s and stays out of reach unless the operator of this server names that one address in IGNISFOX_EGRESS_ALLOW.", what, r.Class)
	case r.Class.never():
		return fmt.Sprintf("%s is %s; give the address of the device.", what, r.Class)
	}
	return fmt.Sprintf("%s is %s, which this server may not connect to. Its operator can allow it with IGNISFOX_EGRESS_ALLOW.", what, r.Class)
}
