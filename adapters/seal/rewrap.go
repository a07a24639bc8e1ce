package seal

import (
	"context"
	"errors"
	"fmt"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// rotateBatch is how many keysets are read at a time.
const rotateBatch = 200

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
