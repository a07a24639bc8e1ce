package people

import (
	"context"
	"slices"
	"strconv"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
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

// Admit takes m into the workspace of tx. The caller holds the end of its trail. Faults (Conflict): already_member,
// workspace_full.
func Admit(ctx context.Context, tx ports.Tx, m tenant.Member) error {
	members, err := tx.Members().List(ctx)
	if err != nil {
		return err
	}
	if _, found := Find(members, m.User); !found { // a member hears that they are one
		if err := Room(members); err != nil {
			return err
		}
	}
	return tx.Members().Insert(ctx, m)
}

// Room refuses (Conflict, workspace_full) when no more members can join.
func Room(members []tenant.Member) error {
	if len(members) >= MaxMembers {
		return fault.New(fault.Conflict, "workspace_full", "This workspace has 1000 members, and cannot have more. Remove some first.")
	}
	return nil
}

// DropInvites ends the invites that somebody made who is an owner no longer, so that none of them lets that person back in.
// It answers what the audit trail is to say, added to details.
func DropInvites(ctx context.Context, tx ports.Tx, maker tenant.UserID, details map[string]string) (map[string]string, error) {
	n, err := tx.Invites().DeleteOf(ctx, maker)
	if n > 0 {
		details["invites_withdrawn"] = strconv.Itoa(n)
	}
	return details, err
}

// KeepOwner refuses (Conflict, last_owner) when m is the only owner of members and would be owner no longer. The list is
// one that the transaction holds, so that two owners cannot each see the other stay and both go.
func KeepOwner(members []tenant.Member, m tenant.Member) error {
	if m.Role == tenant.Owner && Owners(members) == 1 {
		return fault.New(fault.Conflict, "last_owner", "A workspace keeps one owner. Make somebody else an owner first.")
	}
	return nil
}
