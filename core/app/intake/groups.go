package intake

import (
	"context"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	// GroupNameRunes is how long a group's name may be.
	GroupNameRunes = 200
	groupPrefix    = "grp"
)

// FindGroup answers the group of that id or name; fault NotFound.
func FindGroup(ctx context.Context, tx ports.Tx, idOrName string) (group.Group, error) {
	if isGroupID(idOrName) {
		if g, err := tx.Groups().Get(ctx, idOrName); err == nil || fault.KindOf(err) != fault.NotFound {
			return g, err
		}
	}
	g, err := tx.Groups().ByName(ctx, strings.TrimSpace(idOrName))
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return g, fault.Missing("group").Field("group", "Give the id or the name of a group of this workspace.")
	}
	return g, err
}

// EnsureGroup answers the group of that id or name; a name that no group has makes one. What looks like an id never does.
func EnsureGroup(ctx context.Context, tx ports.Tx, idOrName string) (*Ref, error) {
	g, err := FindGroup(ctx, tx, idOrName)
	if err == nil {
		return &Ref{ID: g.ID, Name: g.Name}, nil
	}
	if fault.KindOf(err) != fault.NotFound || isGroupID(idOrName) {
		return nil, err
	}
	g, err = NewGroup(ctx, tx, "group", idOrName)
	if err != nil {
		return nil, err
	}
	return &Ref{ID: g.ID, Name: g.Name}, nil
}

// NewGroup makes an empty group; fault Invalid for a bad name, Conflict for one that is taken. field is the name of the
// input, for the advice.
func NewGroup(ctx context.Context, tx ports.Tx, field, name string) (group.Group, error) {
	name = strings.TrimSpace(name)
	if err := CheckGroupName(field, name); err != nil {
		return group.Group{}, err
	}
	g := group.Group{ID: id.New(groupPrefix, tx.Now()), Name: name, CreatedAt: tx.Now()}
	return g, tx.Groups().Insert(ctx, g)
}

// CheckGroupName refuses names that cannot be used. field is the name of the input, for the advice.
func CheckGroupName(field, name string) error {
	if isGroupID(name) || strings.EqualFold(name, NoGroup) {
		return fault.New(fault.Invalid, "bad_name", "The name is not usable.").Field(field, "Choose another name: this one has a meaning of its own.")
	}
	return tenant.CheckName(field, name, GroupNameRunes)
}

// NoGroup is what lists take for rows that are in no group.
const NoGroup = "none"

func isGroupID(s string) bool {
	return len(s) == len(groupPrefix)+1+26 && strings.HasPrefix(s, groupPrefix+"_") && id.Valid(s)
}
