package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

// Start finds the KEK, proves that it is the one this database was sealed with and unwraps the platform's keys. For a
// database that was never used with any KEK it makes the KEK file first. Its faults (kek_missing, kek_wrong,
// kek_mismatch, kek_readable, kek_not_regular, kek_malformed, kek_unreadable, kek_unwritable) say what to do; nothing
// has been changed then. Call Stop when done.
func (s *Sealer) Start(ctx context.Context) error {
	checks, err := s.keysets.KEKs(ctx)
	if err != nil {
		return fmt.Errorf("read KEK checks: %w", err)
	}
	has, err := s.keysets.HasKeysets(ctx)
	if err != nil {
		return fmt.Errorf("look for keysets: %w", err)
	}
	if !has && len(checks) == 0 {
		if s.existing {
			return fault.New(fault.Conflict, "no_kek_yet",
				"The database was never used: it has no KEK. Is it the right one? Start the server once; it makes the KEK.")
		}
		if err := s.makeSource(); err != nil {
			return err
		}
	}
	s.reading.Lock()
	r, err := s.prove(ctx)
	s.reading.Unlock()
	if err != nil {
		return err
	}
	if err := s.ensurePlatform(ctx, r, has); err != nil {
		return err
	}
	s.ring.Store(r)
	if _, err := s.keys(ctx, ""); err != nil {
		return err
	}

	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.stopped = make(chan struct{})
	go s.sweepUntil(ctx)
	return nil
}

// Stop ends the sweeping of idle keys, drops all of them and waits. It may be called when Start failed.
func (s *Sealer) Stop() {
	if s.stop != nil {
		s.stop()
		<-s.stopped
		s.cache.clear()
	}
}

func (s *Sealer) sweepUntil(ctx context.Context) {
	defer close(s.stopped)
	t := time.NewTicker(sweepTick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s.cache.sweep()
		}
	}
}

// makeSource makes the KEK file of a new database unless there is one.
func (s *Sealer) makeSource() error {
	old, err := s.source.read()
	wipeLines(old)
	if err == nil || !errors.Is(err, errKEKMissing) {
		return err
	}
	if s.source.file == "" {
		return s.source.unset()
	}
	l := newKEKLine(nil)
	defer l.raw.Wipe()
	text := formatLines([]line{l})
	defer clear(text)
	made, err := createKEKFile(s.source.file, text)
	if made {
		s.log.Info("made the KEK file; keep a copy apart from the database", "file", s.source.file, "kek", l.id)
	}
	return err
}

// readSource reads and proves the source and makes it the present ring.
func (s *Sealer) readSource(ctx context.Context) (*ring, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	r, err := s.prove(ctx)
	if err != nil {
		return nil, err
	}
	s.ring.Store(r)
	return r, nil
}

// prove reads the source and holds it against the database: every KEK that some keyset needs is there, and every one
// the database knows has the right bytes. KEKs new to the database are entered. The caller holds reading.
func (s *Sealer) prove(ctx context.Context) (*ring, error) {
	checks, err := s.keysets.KEKs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read KEK checks: %w", err)
	}
	platform, err := s.platformKEK(ctx)
	if err != nil {
		return nil, err
	}
	need, err := s.needed(ctx, platform, checks)
	if err != nil {
		return nil, err
	}
	lines, err := s.source.read()
	if errors.Is(err, errKEKMissing) {
		return nil, s.source.missing(orKnown(need, checks))
	}
	if err != nil {
		return nil, err
	}
	defer wipeLines(lines)
	r, err := newRing(lines)
	if err != nil {
		return nil, err
	}
	for _, c := range checks {
		if k := r.get(c.ID); k != nil {
			if !k.matches(c) {
				return nil, s.source.mismatch(c.ID)
			}
			k.retired = c.Retired
		}
	}
	if lacking := r.lacking(need, checks); len(lacking) > 0 {
		return nil, s.source.wrong(lacking)
	}
	if r.wraps = r.get(platform); r.wraps == nil { // nothing is wrapped yet
		r.wraps = r.primary()
	}
	return r, s.enter(ctx, r, checks)
}

// platformKEK answers the id of the KEK that the platform's keyset is under, empty before there is one.
func (s *Sealer) platformKEK(ctx context.Context) (string, error) {
	w, err := s.keysets.Keyset(ctx, "")
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return "", fmt.Errorf("read the platform's keyset: %w", err)
	}
	return w.KEK, nil
}

// needed answers the ids of the KEKs that some keyset is wrapped by.
func (s *Sealer) needed(ctx context.Context, platform string, checks []ports.KEKCheck) ([]string, error) {
	var need []string
	if platform != "" {
		need = append(need, platform)
	}
	for _, c := range checks {
		if c.ID == platform || c.Retired {
			continue
		}
		rows, err := s.keysets.ListKeysets(ctx, c.ID, "", 1)
		if err != nil {
			return nil, fmt.Errorf("list keysets: %w", err)
		}
		if len(rows) > 0 {
			need = append(need, c.ID)
		}
	}
	return need, nil
}

// orKnown answers need, or every KEK the database knows when nothing is wrapped yet.
func orKnown(need []string, checks []ports.KEKCheck) []string {
	if len(need) > 0 {
		return need
	}
	var all []string
	for _, c := range checks {
		all = append(all, c.ID)
	}
	return all
}

// lacking answers which needed KEKs the ring has not. Where nothing is wrapped yet but KEKs are known, any one of them
// will do: several machines may have made one each and been stopped before the first keyset.
func (r *ring) lacking(need []string, checks []ports.KEKCheck) []string {
	var out []string
	for _, id := range orKnown(need, checks) {
		if r.get(id) == nil {
			out = append(out, id)
		} else if len(need) == 0 {
			return nil
		}
	}
	return out
}

// enter stores the check values of KEKs that the database does not know yet. Of two processes that enter different
// bytes under one id the first wins and the other is refused.
func (s *Sealer) enter(ctx context.Context, r *ring, checks []ports.KEKCheck) error {
	known := map[string]bool{}
	for _, c := range checks {
		known[c.ID] = true
	}
	fresh := false
	for _, k := range r.keks {
		if known[k.id] {
			continue
		}
		c, err := k.check()
		if err != nil {
			return err
		}
		if err := s.keysets.PutKEK(ctx, c); err != nil {
			return fmt.Errorf("store the check value of KEK %s: %w", k.id, err)
		}
		fresh = true
	}
	if !fresh {
		return nil
	}
	now, err := s.keysets.KEKs(ctx)
	if err != nil {
		return fmt.Errorf("read KEK checks: %w", err)
	}
	for _, c := range now {
		if k := r.get(c.ID); k != nil && !k.matches(c) {
			return s.source.mismatch(c.ID)
		}
	}
	return nil
}

// ensurePlatform makes the platform's keyset in a new database. It comes before every tenant's, so where there are
// others and it is absent the database is damaged; a new one would only hide that.
func (s *Sealer) ensurePlatform(ctx context.Context, r *ring, has bool) error {
	w, err := s.keysets.Keyset(ctx, "")
	if fault.KindOf(err) == fault.NotFound {
		if has {
			return fault.New(fault.Internal, "platform_keyset_missing",
				"The database holds keys of tenants but not the platform's own. Restore it from a backup.")
		}
		fresh, kerr := newKeyset(r.wraps, "")
		if kerr != nil {
			return kerr
		}
		w, err = s.keysets.PutPlatformKeyset(ctx, fresh)
	}
	if err != nil {
		return fmt.Errorf("platform keyset: %w", err)
	}
	if r.get(w.KEK) == nil {
		return s.source.wrong([]string{w.KEK})
	}
	return nil
}
