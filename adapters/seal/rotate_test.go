package seal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// vault is a database with sealed secrets in it.
type vault struct {
	*memory
	path   string
	sealed map[tenant.ID][]byte
}

func newVault(t *testing.T, tenants int) (*vault, *Sealer) {
	t.Helper()
	v := &vault{newMemory(), kekPath(t), map[tenant.ID][]byte{}}
	s := started(t, v.memory, "file:"+v.path)
	v.sealed[""] = sealText(t, s, place(""), "of ")
	for i := range tenants {
		v.add(t, s, tenant.ID(fmt.Sprintf("t%03d", i)))
	}
	return v, s
}

func (v *vault) add(t *testing.T, s *Sealer, id tenant.ID) {
	t.Helper()
	v.addTenant(t, s, id)
	v.sealed[id] = sealText(t, s, place(id), "of "+string(id))
}

// allOpen starts another process and opens everything.
func (v *vault) allOpen(t *testing.T) *Sealer {
	t.Helper()
	s := started(t, v.memory, "file:"+v.path)
	for id, b := range v.sealed {
		wantOpen(t, s, place(id), b, "of "+string(id))
	}
	return s
}

func (v *vault) keks() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []string
	for _, w := range v.rows {
		out = append(out, w.KEK)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (v *vault) fileIDs(t *testing.T) []string {
	t.Helper()
	lines, err := parseLines(read(t, v.path))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, l.id)
	}
	return out
}

func TestRotateMovesEveryKeysetAndKeepsTheOldKeyUntilPruned(t *testing.T) {
	v, s := newVault(t, rotateBatch+5)
	old := s.ring.Load().primary().id
	got, err := s.RotateKEK(t.Context(), Rotate)
	if err != nil {
		t.Fatal(err)
	}
	if got.Primary == old || got.Resumed || got.Rewrapped != rotateBatch+6 || !slices.Equal(got.Kept, []string{old}) {
		t.Errorf("answer %+v", got)
	}
	if !slices.Equal(v.keks(), []string{got.Primary}) || !slices.Equal(v.fileIDs(t), []string{got.Primary, old}) {
		t.Errorf("keysets under %v, file %v", v.keks(), v.fileIDs(t))
	}
	v.allOpen(t)
	if st, err := os.Stat(v.path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}

	pruned, err := s.RotateKEK(t.Context(), Prune)
	if err != nil {
		t.Fatal(err)
	}
	if pruned.Primary != got.Primary || !slices.Equal(pruned.Pruned, []string{old}) || len(pruned.Kept) != 0 {
		t.Errorf("answer %+v", pruned)
	}
	if !slices.Equal(v.fileIDs(t), []string{got.Primary}) {
		t.Errorf("file %v", v.fileIDs(t))
	}
	v.allOpen(t)
}

// The process dies at its n-th word with the database, for every n: before, between and after the swaps. Whatever was
// left must open, and the next run must finish the same rotation.
func TestRotationSurvivesBeingKilledAnywhere(t *testing.T) {
	resumed := 0
	for n, finished := 1, false; !finished; n++ {
		if n > 200 {
			t.Fatal("it never finishes")
		}
		v, s := newVault(t, 4)
		first := s.ring.Load().primary().id
		calls, swaps := 0, 0
		v.intercept(func(call string) error {
			if calls++; calls >= n {
				return errors.New("killed")
			}
			if call == "ReplaceKeyset" {
				swaps++
			}
			return nil
		})
		_, err := s.RotateKEK(t.Context(), Rotate)
		v.intercept(nil)
		finished = err == nil

		s = v.allOpen(t)
		ids := v.fileIDs(t)
		if !slices.Contains(ids, first) || len(ids) > 2 {
			t.Fatalf("killed at %d: the file holds %v", n, ids)
		}
		got, err := s.RotateKEK(t.Context(), Rotate)
		if err != nil {
			t.Fatalf("killed at %d: second run: %v", n, err)
		}
		unfinished := len(ids) == 2 && swaps < 5
		if unfinished != got.Resumed || unfinished && got.Primary != ids[0] {
			t.Fatalf("killed at %d after %d swaps with file %v: %+v", n, swaps, ids, got)
		}
		if got.Resumed {
			resumed++
		}
		if _, err := s.RotateKEK(t.Context(), Prune); err != nil {
			t.Fatalf("killed at %d: prune: %v", n, err)
		}
		if len(v.fileIDs(t)) != 1 || !slices.Equal(v.keks(), v.fileIDs(t)) {
			t.Fatalf("killed at %d: keysets under %v, file %v", n, v.keks(), v.fileIDs(t))
		}
		v.allOpen(t)
	}
	if resumed < 5 {
		t.Errorf("only %d of the kills left something to resume", resumed)
	}
}

func TestARunningServerFollowsARotation(t *testing.T) {
	v, server := newVault(t, 2)
	command := started(t, v.memory, "file:"+v.path)
	got, err := command.RotateKEK(t.Context(), Rotate)
	if err != nil {
		t.Fatal(err)
	}
	server.Forget("t000")
	wantOpen(t, server, place("t000"), v.sealed["t000"], "of t000")
	if id := server.ring.Load().primary().id; id != got.Primary {
		t.Errorf("the server wraps with %s", id)
	}

	// A tenant made by a server that met no unknown KEK yet is under the new one all the same.
	second := started(t, v.memory, "file:"+v.path)
	got, err = command.RotateKEK(t.Context(), Rotate)
	if err != nil {
		t.Fatal(err)
	}
	v.add(t, second, "late")
	if v.get("late").KEK != got.Primary {
		t.Error("a new tenant was wrapped by the old KEK")
	}
	v.allOpen(t)
}

func TestAnUnknownKEKIsLookedForOnceInAWhile(t *testing.T) {
	v, _ := newVault(t, 1)
	clk := newClock()
	s := process(t, v.memory, "file:"+v.path, clk)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := v.get("t000")
	v.set("t000", ports.WrappedKeyset{KEK: "0badcafe", Blob: w.Blob})
	var looks int
	v.intercept(func(call string) error {
		if call == "KEKs" {
			looks++
		}
		return nil
	})
	for range 50 {
		_, err := s.Open(t.Context(), place("t000"), v.sealed["t000"])
		wantCode(t, err, fault.Internal, "cannot_unseal")
		if !strings.Contains(err.Error(), "0badcafe") {
			t.Fatalf("%q does not tell the log which KEK is needed", err)
		}
	}
	if looks != 1 {
		t.Errorf("the source was read %d times", looks)
	}
	clk.add(time.Minute)
	_, err := s.Open(t.Context(), place("t000"), v.sealed["t000"])
	wantCode(t, err, fault.Internal, "cannot_unseal")
	if looks != 2 {
		t.Errorf("after a minute the source was read %d times in all", looks)
	}

	// A source that cannot be read at all is not asked all the time either.
	clk.add(time.Minute)
	if err := os.Rename(v.path, v.path+"2"); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		_, err = s.Open(t.Context(), place("t000"), v.sealed["t000"])
		wantCode(t, err, fault.Internal, "cannot_unseal")
	}
	if looks != 3 {
		t.Errorf("without its file the source was read %d times in all", looks)
	}
	_, err = s.NewKeyset(t.Context(), "t9")
	wantCode(t, err, fault.Unavailable, "keys_unavailable")
	v.set("t000", w)
	wantOpen(t, s, place("t000"), v.sealed["t000"], "of t000")
}

// A database that fails at any point of a start leaves something that starts.
func TestAStartSurvivesBeingKilledAnywhere(t *testing.T) {
	for n, finished := 1, false; !finished; n++ {
		if n > 50 {
			t.Fatal("it never finishes")
		}
		m, path, calls := newMemory(), kekPath(t), 0
		m.intercept(func(string) error {
			if calls++; calls >= n {
				return errors.New("killed")
			}
			return nil
		})
		finished = process(t, m, "file:"+path, newClock()).Start(t.Context()) == nil
		m.intercept(nil)
		s := started(t, m, "file:"+path)
		wantOpen(t, s, place(""), sealText(t, s, place(""), "x"), "x")
		if len(m.checks) != 1 {
			t.Errorf("killed at %d: %d KEKs", n, len(m.checks))
		}
	}
}

// The same for taking old keys out.
func TestPruneSurvivesBeingKilledAnywhere(t *testing.T) {
	for n, finished := 1, false; !finished; n++ {
		if n > 50 {
			t.Fatal("it never finishes")
		}
		v, s := newVault(t, 2)
		if _, err := s.RotateKEK(t.Context(), Rotate); err != nil {
			t.Fatal(err)
		}
		calls := 0
		v.intercept(func(string) error {
			if calls++; calls >= n {
				return errors.New("killed")
			}
			return nil
		})
		_, err := s.RotateKEK(t.Context(), Prune)
		finished = err == nil
		v.intercept(nil)
		s = v.allOpen(t)
		if _, err := s.RotateKEK(t.Context(), Prune); err != nil || len(v.fileIDs(t)) != 1 {
			t.Fatalf("killed at %d: %v, file %v", n, err, v.fileIDs(t))
		}
		v.allOpen(t)
	}
}

func TestAFullKEKFileMustBePrunedFirst(t *testing.T) {
	m, path := newMemory(), kekPath(t)
	write(t, path, manyKeys(maxKEKs))
	s := started(t, m, "file:"+path)
	_, err := s.RotateKEK(t.Context(), Rotate)
	wantCode(t, err, fault.Conflict, "kek_file_full")
	if _, err := s.RotateKEK(t.Context(), Prune); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RotateKEK(t.Context(), Rotate); err != nil {
		t.Fatal(err)
	}
	started(t, m, "file:"+path)
}

func TestADamagedKeysetDoesNotKeepTheOthersBack(t *testing.T) {
	v, s := newVault(t, 3)
	good := v.get("t001")
	bad := bytes.Clone(good.Blob)
	bad[len(bad)/2] ^= 1
	v.set("t001", ports.WrappedKeyset{KEK: good.KEK, Blob: bad})
	got, err := s.RotateKEK(t.Context(), Rotate)
	wantCode(t, err, fault.Unavailable, "kek_rotation_unfinished")
	if got.Rewrapped != 3 {
		t.Errorf("%d keysets moved", got.Rewrapped)
	}
	v.set("t001", good)
	again, err := s.RotateKEK(t.Context(), Prune)
	if err != nil || !again.Resumed || again.Primary != got.Primary || again.Rewrapped != 1 {
		t.Errorf("%+v, %v", again, err)
	}
	v.allOpen(t)
}

// A transaction commits a keyset that was wrapped before the rotation: before the old key is retired that saves the key,
// afterwards the keyset is refused. In no case is something stored that nobody can open.
func TestAKeysetCommittedLateNeverOutlivesItsKEK(t *testing.T) {
	for n, refused := 1, false; !refused; n++ {
		if n > 50 {
			t.Fatal("no commit was ever late enough")
		}
		v, s := newVault(t, 2)
		late, err := s.NewKeyset(t.Context(), "late") // wrapped, not yet committed
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.RotateKEK(t.Context(), Rotate); err != nil {
			t.Fatal(err)
		}
		calls := 0
		var commit error
		v.intercept(func(string) error {
			if calls++; calls == n {
				v.mu.Unlock()
				defer v.mu.Lock()
				commit = v.insert("late", late)
			}
			return nil
		})
		_, err = s.RotateKEK(t.Context(), Prune)
		v.intercept(nil)
		if err != nil {
			t.Fatalf("commit at %d: %v", n, err)
		}
		if calls < n {
			commit = v.insert("late", late)
		}
		if refused = commit != nil; refused {
			wantCode(t, commit, fault.Conflict, "kek_retired")
			v.addTenant(t, s, "late") // a fresh keyset works
		}
		if len(v.fileIDs(t)) != 1 || !slices.Equal(v.keks(), v.fileIDs(t)) {
			t.Fatalf("commit at %d: keysets under %v, file %v", n, v.keks(), v.fileIDs(t))
		}
		v.sealed["late"] = sealText(t, v.allOpen(t), place("late"), "of late")
		v.allOpen(t)
	}
}

func TestAKEKThatCameIntoUseAgainAndAgainIsKept(t *testing.T) {
	v, s := newVault(t, 2)
	if _, err := s.RotateKEK(t.Context(), Rotate); err != nil {
		t.Fatal(err)
	}
	before := read(t, v.path)
	r, err := s.readSource(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	v.intercept(func(call string) error {
		if call == "RetireKEK" {
			made++
			id := tenant.ID(fmt.Sprintf("late%d", made))
			w, err := newKeyset(r.keks[1], id)
			v.rows[id] = w
			return err
		}
		return nil
	})
	_, err = s.RotateKEK(t.Context(), Prune)
	v.intercept(nil)
	wantCode(t, err, fault.Conflict, "kek_in_use")
	if !bytes.Equal(read(t, v.path), before) {
		t.Error("the file was changed")
	}
	if _, err := s.RotateKEK(t.Context(), Prune); err != nil || len(v.fileIDs(t)) != 1 {
		t.Errorf("%v, file %v", err, v.fileIDs(t))
	}
	v.allOpen(t)
}

func TestTwoRotationsAtOnceAreKeptApart(t *testing.T) {
	v, s := newVault(t, 2)
	other := started(t, v.memory, "file:"+v.path)
	var inner error
	tried := false
	v.intercept(func(call string) error {
		if call == "ReplaceKeyset" && !tried {
			tried = true
			v.mu.Unlock()
			defer v.mu.Lock()
			_, inner = other.RotateKEK(t.Context(), Rotate)
		}
		return nil
	})
	if _, err := s.RotateKEK(t.Context(), Rotate); err != nil {
		t.Fatal(err)
	}
	wantCode(t, inner, fault.Conflict, "kek_rotation_running")
	v.intercept(nil)
	v.allOpen(t)
}

func TestARotationRemovesHalfWrittenKeyFiles(t *testing.T) {
	v, s := newVault(t, 1)
	left, err := writeAside(v.path, read(t, v.path), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RotateKEK(t.Context(), Rotate); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	if names, err := filepath.Glob(filepath.Join(filepath.Dir(v.path), ".*")); err != nil || len(names) != 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

func TestRotatingAKEKOfTheEnvironment(t *testing.T) {
	m := newMemory()
	t.Setenv("MY_KEK", kekLine("0000000a", 'a'))
	s := started(t, m, "env:MY_KEK")
	m.addTenant(t, s, "t1")
	sealed := sealText(t, s, place("t1"), "x")
	_, err := s.RotateKEK(t.Context(), Rotate)
	wantCode(t, err, fault.Conflict, "kek_env")
	if !strings.Contains(err.Error(), "MY_KEK") || !strings.Contains(err.Error(), "0000000a") {
		t.Errorf("%q does not say what to do", err)
	}
	t.Setenv("MY_KEK", kekLine("0000000b", 'b')+kekLine("0000000a", 'a'))
	got, err := s.RotateKEK(t.Context(), Rotate)
	if err != nil || got.Primary != "0000000b" || got.Rewrapped != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	_, err = s.RotateKEK(t.Context(), Prune)
	wantCode(t, err, fault.Conflict, "kek_env")
	t.Setenv("MY_KEK", kekLine("0000000b", 'b'))
	wantOpen(t, started(t, m, "env:MY_KEK"), place("t1"), sealed, "x")
}
