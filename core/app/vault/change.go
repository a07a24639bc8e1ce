package vault

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// ManyMax is how many rows one bulk request may name.
const ManyMax = 200

// Change says what to alter; nil leaves a fact alone. Group is an id or a name, "" ungroups the row. Confirm accepts
// that generations which use the row lose it.
type Change struct {
	Name    *string
	Group   *string
	Confirm bool
}

// Change renames or moves a row.
func (s *Service) Change(ctx context.Context, actor tenant.Actor, id artifact.ID, c Change) (artifact.Artifact, error) {
	var a artifact.Artifact
	if err := actor.Allow(tenant.ArtifactUpdate); err != nil {
		return a, err
	}
	if c.Name != nil {
		if err := tenant.CheckName("name", *c.Name, intake.GroupNameRunes); err != nil {
			return a, err
		}
	}
	err := s.update(ctx, actor, func(tx ports.Tx) error {
		if err := s.change(ctx, tx, actor, id, c); err != nil {
			return err
		}
		var err error
		a, err = tx.Artifacts().Get(ctx, id)
		return err
	})
	return a, err
}

func (s *Service) change(ctx context.Context, tx ports.Tx, actor tenant.Actor, id artifact.ID, c Change) error {
	a, err := tx.Artifacts().Get(ctx, id)
	if err != nil {
		return err
	}
	details := map[string]string{}
	if c.Name != nil && *c.Name != a.Name {
		if err := tx.Artifacts().Rename(ctx, id, *c.Name); err != nil {
			return err
		}
		details["renamed_from"] = a.Name
	}
	if c.Group != nil {
		to, err := s.move(ctx, tx, actor, a, *c.Group, c.Confirm, details)
		if err != nil {
			return err
		}
		details["group"] = to
	}
	return s.record(ctx, tx, actor, tenant.ArtifactUpdate, string(id), a.Name, details)
}

// move takes the row out of its generations and puts it into another group, or none.
func (s *Service) move(ctx context.Context, tx ports.Tx, actor tenant.Actor, a artifact.Artifact, to string, confirm bool, details map[string]string) (string, error) {
	groupID := ""
	if to != "" {
		g, err := intake.FindGroup(ctx, tx, to)
		if err != nil {
			return "", err
		}
		groupID = g.ID
	}
	if groupID == a.Group {
		return groupID, nil
	}
	lost, err := s.Intake.Leave(ctx, tx, actor, a, groupID, confirm)
	if err != nil {
		return "", err
	}
	noteLost(details, lost)
	if err := tx.Artifacts().Move(ctx, a.ID, groupID); err != nil {
		return "", err
	}
	moved, err := tx.Artifacts().Get(ctx, a.ID)
	if err != nil {
		return "", err
	}
	return groupID, s.Intake.Placed(ctx, tx, actor, []artifact.Artifact{moved})
}

// Delete takes a row out of the vault.
func (s *Service) Delete(ctx context.Context, actor tenant.Actor, id artifact.ID, confirm bool) error {
	return s.DeleteMany(ctx, actor, []artifact.ID{id}, confirm)
}

// DeleteMany takes rows out of the vault, all or none. Without confirm nothing goes that kept generations rest on: fault
// Conflict, code in_use.
func (s *Service) DeleteMany(ctx context.Context, actor tenant.Actor, ids []artifact.ID, confirm bool) error {
	return s.deleteMany(ctx, actor, ids, confirm, func(ports.Tx) error { return nil })
}

// DeleteShown takes rows out of the vault, all or none, when that breaks what WhatBreaks said and nothing else: shown is its
// Breakage.Shown. Otherwise fault Conflict, code breaks_otherwise.
func (s *Service) DeleteShown(ctx context.Context, actor tenant.Actor, ids []artifact.ID, shown string) error {
	return s.deleteMany(ctx, actor, ids, true, func(tx ports.Tx) error {
		losses, err := lossesOf(ctx, tx, ids, nil)
		if err != nil {
			return err
		}
		return asShown(losses, shown)
	})
}

func (s *Service) deleteMany(ctx context.Context, actor tenant.Actor, ids []artifact.ID, confirm bool, agreed func(ports.Tx) error) error {
	if err := actor.Allow(tenant.ArtifactDelete); err != nil {
		return err
	}
	if err := checkMany(ids); err != nil {
		return err
	}
	return s.update(ctx, actor, func(tx ports.Tx) error {
		if err := agreed(tx); err != nil {
			return err
		}
		for _, id := range ids {
			a, err := tx.Artifacts().Get(ctx, id)
			if err != nil {
				return err
			}
			lost, err := s.remove(ctx, tx, actor, a, confirm)
			if err != nil {
				return err
			}
			details := map[string]string{"kind": string(a.Kind)}
			noteLost(details, lost)
			err = s.record(ctx, tx, actor, tenant.ArtifactDelete, string(id), a.Name, details)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// remove takes a row out of its generations, and then out of the vault.
func (s *Service) remove(ctx context.Context, tx ports.Tx, actor tenant.Actor, a artifact.Artifact, confirm bool) ([]intake.Lost, error) {
	lost, err := s.Intake.Detach(ctx, tx, actor, a, confirm)
	if err != nil {
		return nil, err
	}
	return lost, tx.Artifacts().Delete(ctx, a.ID)
}

// MoveMany moves rows into a group (an id or a name; "" ungroups), all or none. Without confirm nothing moves that kept
// generations rest on: fault Conflict, code in_use.
func (s *Service) MoveMany(ctx context.Context, actor tenant.Actor, ids []artifact.ID, to string, confirm bool) error {
	return s.moveMany(ctx, actor, ids, to, confirm, func(ports.Tx) error { return nil })
}

// MoveShown moves rows as MoveMany does when that breaks what WhatMoveBreaks said and nothing else: shown is its
// Breakage.Shown. Otherwise fault Conflict: in_use when nothing was shown, else breaks_otherwise.
func (s *Service) MoveShown(ctx context.Context, actor tenant.Actor, ids []artifact.ID, to, shown string) error {
	return s.moveMany(ctx, actor, ids, to, shown != "", func(tx ports.Tx) error {
		if shown == "" {
			return nil // what rests on a row stops it by itself
		}
		losses, err := moveLosses(ctx, tx, ids, to)
		if err != nil {
			return err
		}
		return asShown(losses, shown)
	})
}

func (s *Service) moveMany(ctx context.Context, actor tenant.Actor, ids []artifact.ID, to string, confirm bool, agreed func(ports.Tx) error) error {
	if err := actor.Allow(tenant.ArtifactUpdate); err != nil {
		return err
	}
	if err := checkMany(ids); err != nil {
		return err
	}
	return s.update(ctx, actor, func(tx ports.Tx) error {
		if err := agreed(tx); err != nil {
			return err
		}
		home := ""
		if to != "" {
			g, err := intake.EnsureGroup(ctx, tx, to)
			if err != nil {
				return err
			}
			home = g.ID
		}
		for _, id := range ids {
			if err := s.change(ctx, tx, actor, id, Change{Group: &home, Confirm: confirm}); err != nil {
				return err
			}
		}
		return nil
	})
}

// lostMost is how many generations one entry of the trail names; it says how many more there were.
const lostMost = 200

// noteLost writes into the trail's details which generations lost what, and which groups point nowhere since.
func noteLost(details map[string]string, lost []intake.Lost) {
	var what, nowhere []string
	for _, l := range lost[:min(len(lost), lostMost)] {
		what = append(what, fmt.Sprintf("%q #%d: %s", l.GroupName, l.Number, l.What)) // quoted: a name may hold anything
		if l.Current && l.What == intake.LostGeneration {
			nowhere = append(nowhere, strconv.Quote(l.GroupName))
		}
	}
	if more := len(lost) - len(what); more > 0 {
		what = append(what, fmt.Sprintf("and %d more", more))
	}
	if len(what) > 0 {
		details["generations"] = strings.Join(what, ", ")
	}
	if len(nowhere) > 0 {
		details["nothing_current"] = strings.Join(nowhere, ", ")
	}
}

func checkMany(ids []artifact.ID) error {
	if len(ids) == 0 || len(ids) > ManyMax {
		return fault.New(fault.Invalid, "bad_ids", "Name between 1 and 200 rows.").Field("ids", "Give between 1 and 200 ids.")
	}
	return nil
}

// ParseAgain looks at a row of kind unknown once more, with a password when it needs one. What is found in it is stored
// as if it had just been uploaded, and in the same commit the unknown row goes; when it is still unknown nothing changes.
func (s *Service) ParseAgain(ctx context.Context, actor tenant.Actor, id artifact.ID, password secret.String) (intake.FileResult, error) {
	var none intake.FileResult
	if err := actor.Allow(tenant.ArtifactCreate); err != nil {
		return none, err
	}
	a, err := s.Get(ctx, actor, id)
	if err != nil {
		return none, err
	}
	if a.Kind != cert.KindUnknown {
		return none, fault.New(fault.Conflict, "not_unknown", "This row has been read already.")
	}
	payload, err := s.open(ctx, actor, id)
	if err != nil {
		return none, err
	}
	defer payload.Wipe()
	res, err := s.Intake.Store(ctx, actor, intake.Request{
		Group: a.Group, Source: a.Source, Replaces: id,
		Files: []intake.File{{Filename: a.Filename, Name: a.Name, Data: payload.Reveal(), Password: password}},
	})
	if err != nil {
		return none, err
	}
	out := res.Files[0]
	if len(out.Artifacts) > 0 && out.Artifacts[0].ID == id {
		out.Status, out.Code, out.Message = intake.Unknown, "unknown", a.Reason
	}
	return out, nil
}
