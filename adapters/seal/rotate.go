package seal

import (
	"context"
	"fmt"

	"github.com/ignisfox/ignisfox/core/fault"
)

// rotatePasses bounds how often the old KEKs are gone through for keysets that running servers added meanwhile.
const rotatePasses = 10

// Step is a part of a rotation.
type Step int

const (
	// Rotate makes the staged key the first in the source, or makes a new one where none is staged, and wraps every
	// keyset with it.
	Rotate Step = iota
	// Stage adds a new key that wraps nothing. Where servers have copies of the file, each gets the new file before
	// anything is wrapped with that key.
	Stage
	// Prune takes older keys out of the source.
	Prune
)

// Rotation says what RotateKEK did.
type Rotation struct {
	Primary   string   // id of the first KEK: after Rotate and Prune the one that wraps all keysets
	Staged    string   // id of the KEK that waits for Rotate; empty without one
	Promoted  bool     // Primary was staged before
	Resumed   bool     // no new KEK was made: an unfinished rotation was finished, or one was staged already
	Rewrapped int      // keysets moved to Primary
	Kept      []string // older KEKs still in the source
	Pruned    []string // older KEKs taken out of the file
}

// RotateKEK gives the database a new KEK and wraps every keyset with it, or does one step of that. Servers may run
// meanwhile. It may be killed at any point and run again: as long as some keyset is under an older KEK it finishes that
// rotation and makes no new key. The new key is on the disk before anything is wrapped with it.
//
// The older keys stay in the file, since backups taken before need them, until they are pruned. Each is retired in the
// database first, so that no keyset is ever stored under a key that is gone; one that still wraps something stays.
//
// The file keeps its owner: where that cannot be done, nothing is (fault kek_owner).
//
// Environment variables cannot be written: there the operator puts the new line first and Rotate does the rest; without
// such a line it answers fault kek_env, which says so.
//
// Start must have succeeded.
func (s *Sealer) RotateKEK(ctx context.Context, step Step) (Rotation, error) {
	if s.source.file != "" {
		unlock, err := s.holdFile()
		if err != nil {
			return Rotation{}, err
		}
		defer unlock()
	}
	r, err := s.readSource(ctx)
	if err != nil {
		return Rotation{}, err
	}
	if r.primary().retired {
		return Rotation{}, s.source.stale(r.primary().id)
	}
	var out Rotation
	switch step {
	case Stage:
		r, err = s.stage(ctx, r, &out)
	case Prune:
		r, err = s.prune(ctx, r, &out)
	default:
		r, err = s.rotate(ctx, r, &out)
	}
	if err != nil {
		return out, err
	}
	out.Primary = r.primary().id
	for _, k := range r.keks[1:] {
		if k.staged {
			out.Staged = k.id
		} else {
			out.Kept = append(out.Kept, k.id)
		}
	}
	s.log.Info("rotated the KEK", "primary", out.Primary, "staged", out.Staged, "resumed", out.Resumed,
		"rewrapped", out.Rewrapped, "kept", len(out.Kept), "pruned", len(out.Pruned))
	return out, nil
}

// holdFile keeps other rotations out and makes sure that the file can be replaced.
func (s *Sealer) holdFile() (unlock func(), err error) {
	unlock, err = lockFile(s.source.file)
	if err != nil {
		return nil, err
	}
	if err = removeAside(s.source.file); err == nil {
		err = canReplace(s.source.file)
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// rotate makes another key the first, unless some keyset is still to be moved to the one that is, and moves them all.
func (s *Sealer) rotate(ctx context.Context, r *ring, out *Rotation) (*ring, error) {
	staged := r.staged()
	pending := false
	if staged == nil {
		var err error
		if pending, err = s.pending(ctx, r); err != nil {
			return nil, err
		}
	}
	if !pending && s.source.file == "" {
		return nil, s.source.readOnly(r.primary().id, staged)
	}
	var err error
	switch {
	case staged != nil:
		out.Promoted = true
		r, err = s.rewrite(ctx, func(old []line) ([]line, error) { return promoted(old), nil })
	case pending:
		out.Resumed = true
	default:
		r, err = s.addKey(ctx, false)
	}
	if err != nil {
		return nil, err
	}
	out.Primary = r.primary().id
	return r, s.rewrapAll(ctx, r, out)
}

// stage adds a key that wraps nothing.
func (s *Sealer) stage(ctx context.Context, r *ring, out *Rotation) (*ring, error) {
	if r.staged() != nil {
		out.Resumed = true
		return r, nil
	}
	if s.source.file == "" {
		return nil, s.source.readOnly(r.primary().id, nil)
	}
	return s.addKey(ctx, true)
}

// prune moves what is left under older keys, retires them, and then takes them out of the file.
func (s *Sealer) prune(ctx context.Context, r *ring, out *Rotation) (*ring, error) {
	if staged := r.staged(); staged != nil {
		return nil, fault.New(fault.Conflict, "kek_staged", fmt.Sprintf(
			"KEK %s is staged in %s. Give that file to every server and run rotate-kek first, then prune.", staged.id, s.source))
	}
	out.Resumed, out.Primary = true, r.primary().id
	used := true
	for range rotatePasses {
		if err := s.rewrapAll(ctx, r, out); err != nil {
			return nil, err
		}
		var err error
		if used, err = s.retire(ctx, r); err != nil {
			return nil, err
		}
		if !used {
			break // else a server wrapped something with an old key since
		}
	}
	if used {
		return nil, fault.New(fault.Conflict, "kek_in_use",
			"The old KEKs are still in use. All keys were kept; run rotate-kek --prune again.")
	}
	if s.source.file == "" {
		return nil, s.source.readOnlyPrune()
	}
	older := r.keks[1:]
	if len(older) == 0 {
		return r, nil
	}
	r, err := s.rewrite(ctx, func(old []line) ([]line, error) { return old[:1], nil })
	if err != nil {
		return nil, err
	}
	for _, k := range older {
		out.Pruned = append(out.Pruned, k.id)
	}
	return r, nil
}

// retire tells the database that nothing may be stored under the older keys, and says whether one of them still wraps
// something.
func (s *Sealer) retire(ctx context.Context, r *ring) (used bool, err error) {
	for _, k := range r.keks[1:] {
		retired, err := s.keysets.RetireKEK(ctx, k.id)
		if err != nil {
			return false, fmt.Errorf("retire KEK %s: %w", k.id, err)
		}
		used = used || !retired
	}
	return used, nil
}

// addKey puts a new key into the file, as the first or staged behind it, and enters its check value.
func (s *Sealer) addKey(ctx context.Context, staged bool) (*ring, error) {
	checks, err := s.keysets.KEKs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read KEK checks: %w", err)
	}
	taken := map[string]bool{}
	for _, c := range checks {
		taken[c.ID] = true
	}
	l := newKEKLine(taken)
	l.staged = staged
	defer l.raw.Wipe()
	return s.rewrite(ctx, func(old []line) ([]line, error) {
		if len(old) == maxKEKs {
			return nil, fault.New(fault.Conflict, "kek_file_full", fmt.Sprintf(
				"%s holds %d keys already. Run rotate-kek --prune first.", s.source, maxKEKs))
		}
		if staged {
			return append([]line{old[0], l}, old[1:]...), nil
		}
		return append([]line{l}, old...), nil
	})
}

// promoted answers the lines with the staged one first and staged no more.
func promoted(old []line) []line {
	out := make([]line, 1, len(old))
	for _, l := range old {
		if l.staged {
			l.staged = false
			out[0] = l
		} else {
			out = append(out, l)
		}
	}
	return out
}

// rewrite puts what change answers in the place of the file's lines and reads it.
func (s *Sealer) rewrite(ctx context.Context, change func([]line) ([]line, error)) (*ring, error) {
	old, err := s.source.read()
	if err != nil {
		return nil, err
	}
	defer wipeLines(old)
	lines, err := change(old)
	if err != nil {
		return nil, err
	}
	text := formatLines(lines)
	defer clear(text)
	if err := replaceKEKFile(s.source.file, text); err != nil {
		return nil, err
	}
	return s.readSource(ctx)
}
