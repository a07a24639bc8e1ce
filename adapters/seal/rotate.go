package seal

import (
	"context"
	"errors"
	"fmt"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	rotateBatch = 200
	// rotatePasses bounds how often the old KEKs are gone through for keysets that running servers added meanwhile.
	rotatePasses = 10
)

// Rotation says what RotateKEK did.
type Rotation struct {
	Primary   string   // id of the KEK that wraps all keysets now
	Resumed   bool     // no new KEK was made, an unfinished rotation was finished
	Rewrapped int      // keysets moved to Primary
	Kept      []string // older KEKs still in the source
	Pruned    []string // older KEKs taken out of the file
}

// RotateKEK gives the database a new KEK and wraps every keyset with it. Servers may run meanwhile. It may be killed at
// any point and run again: as long as some keyset is under an older KEK it finishes that rotation and makes no new
// key. The new key is on the disk before anything is wrapped with it.
//
// The older keys stay in the file, since backups taken before need them. With prune they are taken out, and no new
// key is made; a key that still wraps something always stays.
//
// Environment variables cannot be written: there the operator puts the new line first and RotateKEK does the rest;
// without such a line it answers fault kek_env, which says so.
//
// Start must have succeeded.
func (s *Sealer) RotateKEK(ctx context.Context, prune bool) (Rotation, error) {
	if s.source.file != "" {
		unlock, err := lockFile(s.source.file + ".lock")
		if err != nil {
			return Rotation{}, err
		}
		defer unlock()
		if err := removeAside(s.source.file); err != nil {
			return Rotation{}, err
		}
	}
	r, err := s.readSource(ctx)
	if err != nil {
		return Rotation{}, err
	}
	out := Rotation{Resumed: true}
	pending, err := s.pending(ctx, r)
	if err != nil {
		return out, err
	}
	if !pending && !prune {
		if s.source.file == "" {
			return out, s.source.readOnly(r.primary().id)
		}
		if r, err = s.addPrimary(ctx); err != nil {
			return out, err
		}
		out.Resumed = false
	}
	out.Primary = r.primary().id
	if err := s.rewrapAll(ctx, r, &out); err != nil {
		return out, err
	}
	if prune {
		if r, err = s.prune(ctx, &out); err != nil {
			out.Pruned = nil
			return out, err
		}
	}
	for _, k := range r.keks[1:] {
		out.Kept = append(out.Kept, k.id)
	}
	s.log.Info("rotated the KEK", "primary", out.Primary, "resumed", out.Resumed, "rewrapped", out.Rewrapped,
		"kept", len(out.Kept), "pruned", len(out.Pruned))
	return out, nil
}

// pending says whether some keyset is under an older KEK.
func (s *Sealer) pending(ctx context.Context, r *ring) (bool, error) {
	for _, k := range r.keks[1:] {
		used, err := s.wraps(ctx, k.id)
		if used || err != nil {
			return used, err
		}
	}
	return false, nil
}

// wraps says whether any keyset is wrapped by this KEK.
func (s *Sealer) wraps(ctx context.Context, id string) (bool, error) {
	w, err := s.keysets.Keyset(ctx, "")
	if err != nil {
		return false, fmt.Errorf("read the platform's keyset: %w", err)
	}
	if w.KEK == id {
		return true, nil
	}
	rows, err := s.keysets.ListKeysets(ctx, id, "", 1)
	if err != nil {
		return false, fmt.Errorf("list keysets: %w", err)
	}
	return len(rows) > 0, nil
}

// addPrimary puts a new key first in the file and enters its check value.
func (s *Sealer) addPrimary(ctx context.Context) (*ring, error) {
	checks, err := s.keysets.KEKs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read KEK checks: %w", err)
	}
	taken := map[string]bool{}
	for _, c := range checks {
		taken[c.ID] = true
	}
	old, err := s.source.read()
	if err != nil {
		return nil, err
	}
	defer wipeLines(old)
	if len(old) == maxKEKs {
		return nil, fault.New(fault.Conflict, "kek_file_full", fmt.Sprintf(
			"%s holds %d keys already. Run rotate-kek --prune first.", s.source, maxKEKs))
	}
	l := newKEKLine(taken)
	defer l.raw.Wipe()
	if err := s.writeFile(append([]line{l}, old...)); err != nil {
		return nil, err
	}
	return s.readSource(ctx)
}

func (s *Sealer) writeFile(lines []line) error {
	text := formatLines(lines)
	defer clear(text)
	return replaceKEKFile(s.source.file, text)
}

// rewrapAll goes through the older KEKs until none wraps anything.
func (s *Sealer) rewrapAll(ctx context.Context, r *ring, out *Rotation) error {
	var failed error
	for range rotatePasses {
		failed = nil
		before := out.Rewrapped
		for _, from := range r.keks[1:] {
			if err := s.rewrapFrom(ctx, from, r.primary(), out); err != nil {
				failed = errors.Join(failed, err)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		left, err := s.pending(ctx, r)
		if err != nil {
			return err
		}
		if !left {
			return nil
		}
		if failed != nil && out.Rewrapped == before {
			break // what is left are those that fail
		}
	}
	return fault.Wrap(failed, fault.Unavailable, "kek_rotation_unfinished",
		"Some keysets could not be moved to the new KEK. Nothing is lost and the old key stays. Look at the log, "+
			"then run rotate-kek again.")
}

// rewrapFrom moves what one older KEK wraps. One keyset that fails does not keep the others back.
func (s *Sealer) rewrapFrom(ctx context.Context, from, to *kek, out *Rotation) error {
	var failed error
	w, err := s.keysets.Keyset(ctx, "")
	if err != nil {
		return fmt.Errorf("read the platform's keyset: %w", err)
	}
	if w.KEK == from.id {
		failed = s.rewrapOne(ctx, from, to, ports.KeysetRow{Tenant: "", Wrapped: w}, out)
	}
	for after := tenant.ID(""); ; {
		rows, err := s.keysets.ListKeysets(ctx, from.id, after, rotateBatch)
		if err != nil {
			return errors.Join(failed, fmt.Errorf("list keysets: %w", err))
		}
		for _, row := range rows {
			if row.Tenant != "" { // done above, whether or not the listing has it
				if err := s.rewrapOne(ctx, from, to, row, out); err != nil && failed == nil {
					failed = err // the first will do for the log
				}
			}
			after = row.Tenant
		}
		if len(rows) < rotateBatch || ctx.Err() != nil {
			return failed
		}
	}
}

func (s *Sealer) rewrapOne(ctx context.Context, from, to *kek, row ports.KeysetRow, out *Rotation) error {
	next, err := rewrap(from, to, row.Tenant, row.Wrapped.Blob)
	if err != nil {
		return fmt.Errorf("keyset of tenant %q: %w", row.Tenant, err)
	}
	swapped, err := s.keysets.ReplaceKeyset(ctx, row.Tenant, row.Wrapped, next)
	if err != nil {
		return fmt.Errorf("store keyset of tenant %q: %w", row.Tenant, err)
	}
	if swapped { // else somebody changed or shredded it; the next pass sees what it has become
		out.Rewrapped++
	}
	return nil
}

// prune takes the older keys out of the file; rewrapAll has just seen that they wrap nothing. It puts them back when a
// server that had not yet seen the new KEK wrapped something with one of them at that very moment.
func (s *Sealer) prune(ctx context.Context, out *Rotation) (*ring, error) {
	if s.source.file == "" {
		return nil, s.source.readOnlyPrune()
	}
	lines, err := s.source.read()
	if err != nil {
		return nil, err
	}
	defer wipeLines(lines)
	if len(lines) == 1 {
		return s.readSource(ctx)
	}
	if err := s.writeFile(lines[:1]); err != nil {
		return nil, err
	}
	for _, l := range lines[1:] {
		if used, err := s.wraps(ctx, l.id); used || err != nil {
			return nil, errors.Join(err, s.writeFile(lines), fault.New(fault.Conflict, "kek_in_use",
				"The old KEKs may still be in use. All keys were kept; run rotate-kek --prune again."))
		}
		out.Pruned = append(out.Pruned, l.id)
	}
	return s.readSource(ctx)
}

func (s source) readOnly(primary string) error {
	return fault.New(fault.Conflict, "kek_env", fmt.Sprintf(
		"%s cannot be written from here. Put a line with a new key before the line of KEK %s (%s, a blank, 8 new hex "+
			"digits, a blank, the base64 of 32 random bytes), restart every server with it, and run rotate-kek again.",
		s, primary, lineTag))
}

func (s source) readOnlyPrune() error {
	return fault.New(fault.Conflict, "kek_env", fmt.Sprintf(
		"All keysets are under the first key of %s. Take the other lines out of it yourself, and restart every server.", s))
}
