package seal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func TestAStagedKeyWrapsNothingUntilItIsPromoted(t *testing.T) {
	v, s := newVault(t, 3)
	old := v.keks()[0]
	staged, err := s.RotateKEK(t.Context(), Stage)
	if err != nil {
		t.Fatal(err)
	}
	if staged.Primary != old || staged.Staged == "" || staged.Resumed || staged.Rewrapped != 0 {
		t.Errorf("answer %+v", staged)
	}
	if !slices.Equal(v.fileIDs(t), []string{old, staged.Staged}) {
		t.Errorf("file %v", v.fileIDs(t))
	}
	v.add(t, v.allOpen(t), "later")
	if !slices.Equal(v.keks(), []string{old}) {
		t.Errorf("keysets under %v", v.keks())
	}

	again, err := s.RotateKEK(t.Context(), Stage) // no second one
	if err != nil || again.Staged != staged.Staged || !again.Resumed {
		t.Errorf("%+v, %v", again, err)
	}
	_, err = s.RotateKEK(t.Context(), Prune)
	wantCode(t, err, fault.Conflict, "kek_staged")

	got, err := s.RotateKEK(t.Context(), Rotate)
	if err != nil || got.Primary != staged.Staged || !got.Promoted || got.Staged != "" || got.Rewrapped != 5 ||
		!slices.Equal(got.Kept, []string{old}) {
		t.Errorf("%+v, %v", got, err)
	}
	if !slices.Equal(v.fileIDs(t), []string{staged.Staged, old}) || !slices.Equal(v.keks(), []string{staged.Staged}) {
		t.Errorf("file %v, keysets under %v", v.fileIDs(t), v.keks())
	}
	v.allOpen(t)

	next, err := s.RotateKEK(t.Context(), Rotate) // nothing is staged any more: the next makes its own key
	if err != nil || next.Primary == got.Primary || next.Promoted {
		t.Errorf("%+v, %v", next, err)
	}
	v.allOpen(t)
}

func TestStagedLinesThatMakeNoSense(t *testing.T) {
	staged := func(id string) string { return strings.TrimSuffix(kekLine(id, 'z'), "\n") + " staged\n" }
	for name, text := range map[string]string{
		"first": staged("0000000a") + kekLine("0000000b", 'b'),
		"alone": staged("0000000a"),
		"two":   kekLine("0000000a", 'a') + staged("0000000b") + staged("0000000c"),
	} {
		m, path := newMemory(), kekPath(t)
		write(t, path, []byte(text))
		err := process(t, m, "file:"+path, newClock()).Start(t.Context())
		if fault.CodeOf(err) != "kek_malformed" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Cut off at any word with the database, staging and promoting can be finished, and everything opens at any time.
func TestPromotionSurvivesBeingKilledAnywhere(t *testing.T) {
	for n, finished := 1, false; !finished; n++ {
		if n > 200 {
			t.Fatal("it never finishes")
		}
		v, s := newVault(t, 3)
		old, calls := v.keks()[0], 0
		v.intercept(func(string) error {
			if calls++; calls >= n {
				return context.DeadlineExceeded
			}
			return nil
		})
		_, err := s.RotateKEK(t.Context(), Stage)
		if err == nil {
			_, err = s.RotateKEK(t.Context(), Rotate)
		}
		v.intercept(nil)
		finished = err == nil
		s = v.allOpen(t)
		if len(v.fileIDs(t)) > 2 {
			t.Fatalf("killed at %d: file %v", n, v.fileIDs(t))
		}
		for range 2 { // what was under way, and perhaps one more
			if v.keks()[0] == old {
				if _, err := s.RotateKEK(t.Context(), Rotate); err != nil {
					t.Fatalf("killed at %d: %v", n, err)
				}
			}
		}
		if _, err := s.RotateKEK(t.Context(), Prune); err != nil || slices.Contains(v.fileIDs(t), old) {
			t.Fatalf("killed at %d: %v, file %v", n, err, v.fileIDs(t))
		}
		v.allOpen(t)
	}
}

// Two servers, a copy of the file each, all that people do going on, and the order that docs/operations.md gives.
func TestServersWithCopiesOfTheFileFollowARotationWithoutAFailure(t *testing.T) {
	v, one := newVault(t, 4)
	copyPath := kekPath(t)
	write(t, copyPath, read(t, v.path))
	two := started(t, v.memory, "file:"+copyPath)
	command := started(t, v.memory, "file:"+v.path)

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	rounds := make(chan struct{})
	for i, s := range []*Sealer{one, one, two, two} {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := v.use(s, tenant.ID(fmt.Sprintf("new-%d-%d", i, n))); err != nil {
					t.Errorf("server %d: %v", i/2+1, err)
					return
				}
				select {
				case rounds <- struct{}{}:
				default:
				}
			}
		})
	}
	settle := func() { // everybody has been at work since
		for range 8 {
			select {
			case <-rounds:
			case <-time.After(time.Minute):
				t.Error("the servers stand still")
			}
		}
	}
	distribute := func() {
		if err := replaceKEKFile(copyPath, read(t, v.path)); err != nil {
			t.Error(err)
		}
		settle()
	}
	for range 3 {
		for _, step := range []Step{Stage, Rotate, Prune} {
			settle()
			if _, err := command.RotateKEK(t.Context(), step); err != nil {
				t.Error(err)
			}
			settle()
			distribute()
		}
	}
	cancel()
	wg.Wait()
	if len(v.fileIDs(t)) != 1 || !slices.Equal(v.keks(), v.fileIDs(t)) {
		t.Errorf("keysets under %v, file %v", v.keks(), v.fileIDs(t))
	}
	v.allOpen(t)
}

// use is a little of everything: old values open, new ones are sealed, keys are forgotten, a tenant is made.
func (v *vault) use(s *Sealer, fresh tenant.ID) error {
	for id, b := range v.sealed {
		s.Forget(id)
		p, err := s.Open(context.Background(), place(id), b)
		if err != nil {
			return fmt.Errorf("open: %w", err)
		}
		if string(p.Reveal()) != "of "+string(id) {
			return fmt.Errorf("tenant %q has another's secret", id)
		}
	}
	w, err := s.NewKeyset(context.Background(), fresh)
	if err != nil {
		return fmt.Errorf("new keyset: %w", err)
	}
	err = v.insert(fresh, w)
	if fault.CodeOf(err) == "kek_retired" { // as the store's callers do
		if w, err = s.NewKeyset(context.Background(), fresh); err == nil {
			err = v.insert(fresh, w)
		}
	}
	if err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	_, err = s.Seal(context.Background(), place(fresh), secret.NewBytes([]byte("x")))
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.rows, fresh) // shredded: the test is to stay quick
	return err
}

// A machine that missed the last copy must not lead everybody back to a key that is gone.
func TestAnOldCopyOfTheFileCannotRotate(t *testing.T) {
	v, s := newVault(t, 2)
	if _, err := s.RotateKEK(t.Context(), Stage); err != nil {
		t.Fatal(err)
	}
	staged := read(t, v.path)
	for _, step := range []Step{Rotate, Prune} {
		if _, err := s.RotateKEK(t.Context(), step); err != nil {
			t.Fatal(err)
		}
	}
	stale := kekPath(t)
	write(t, stale, staged)
	behind := started(t, v.memory, "file:"+stale) // it has the key that is needed
	v.add(t, behind, "late")
	_, err := behind.RotateKEK(t.Context(), Rotate)
	wantCode(t, err, fault.Conflict, "kek_stale")
	if !slices.Equal(v.keks(), v.fileIDs(t)) {
		t.Errorf("keysets under %v, file %v", v.keks(), v.fileIDs(t))
	}
	v.allOpen(t)
}

func TestADatabaseThatWasNeverUsedIsNotRotated(t *testing.T) {
	m, path := newMemory(), kekPath(t)
	s, err := New(Deps{Keysets: m, Source: "file:" + path, Now: time.Now, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.Start(t.Context()), fault.Conflict, "no_kek_yet")
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) || len(m.checks)+len(m.rows) != 0 {
		t.Errorf("something was made: %v", err)
	}
}
