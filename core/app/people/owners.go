package people

import (
	"slices"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Find answers the member that user is.
func Find(members []tenant.Member, user tenant.UserID) (tenant.Member, bool) {
	i := slices.IndexFunc(members, func(m tenant.Member) bool { return m.User == user })
	if i < 0 {
		return tenant.Member{}, false
	}
	return members[i], true
}

// Owners counts the owners.
func Owners(members []tenant.Member) int {
	n := 0
	for _, m := range members {
		if m.Role == tenant.Owner {
			n++
		}
	}
	return n
}

// KeepOwner refuses (Conflict, last_owner) when m is the only owner of members and would be owner no longer. The list is
// one that the transaction holds, so that two owners cannot each see the other stay and both go.
func KeepOwner(members []tenant.Member, m tenant.Member) error {
	if m.Role == tenant.Owner && Owners(members) == 1 {
		return fault.New(fault.Conflict, "last_owner", "A workspace keeps one owner. Make somebody else an owner first.")
	}
	return nil
}
