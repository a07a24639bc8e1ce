package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// kekLine answers a line whose key is 32 times the same letter, so that it is easy to search for.
func kekLine(id string, letter byte) string {
	return "ignisfox-kek-1 " + id + " " + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{letter}, 32)) + "\n"
}

func TestTheFirstStartMakesTheKEKFileForItsOwnerAlone(t *testing.T) {
	path := kekPath(t)
	s := started(t, newMemory(), "file:"+path)
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		st, err := os.Stat(name)
		if err != nil || st.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, st.Mode(), err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the file lie %v, %v", entries, err)
	}
	lines, err := parseLines(read(t, path))
	if err != nil || len(lines) != 1 || lines[0].id != s.ring.Load().primary().id {
		t.Errorf("the file holds %d keys, %v", len(lines), err)
	}
}

func TestASecondProcessOpensWhatTheFirstSealed(t *testing.T) {
	m, path := newMemory(), kekPath(t)
	first := started(t, m, "file:"+path)
	m.addTenant(t, first, "t1")
	sealed := sealText(t, first, place("t1"), "x")
	before := read(t, path)
	wantOpen(t, started(t, m, "file:"+path), place("t1"), sealed, "x")
	if !bytes.Equal(before, read(t, path)) {
		t.Error("the second start changed the KEK file")
	}
}

// Each case breaks the KEK of a database in use. The start is refused with its own code, nothing is made or changed, no
// key shows in the text, and putting things right again is enough.
func TestABrokenKEKIsRefusedAndNeverMadeAgain(t *testing.T) {
	type world struct {
		path, id string
		good     []byte
	}
	other := kekLine("0badcafe", 'z')
	for name, c := range map[string]struct {
		code  string
		spoil func(t *testing.T, w world)
		says  []string
	}{
		"missing": {"kek_missing", func(t *testing.T, w world) {
			if err := os.Remove(w.path); err != nil {
				t.Fatal(err)
			}
		}, []string{"PATH", "ID"}},
		"missing with its directory": {"kek_missing", func(t *testing.T, w world) {
			if err := os.RemoveAll(filepath.Dir(w.path)); err != nil {
				t.Fatal(err)
			}
		}, []string{"PATH", "ID"}},
		"another key":     {"kek_wrong", func(t *testing.T, w world) { write(t, w.path, []byte(other)) }, []string{"PATH", "ID"}},
		"same id, others": {"kek_mismatch", func(t *testing.T, w world) { write(t, w.path, []byte(kekLine(w.id, 'z'))) }, []string{"PATH", "ID"}},
		"group may read":  {"kek_readable", func(t *testing.T, w world) { chmod(t, w.path, 0o640) }, []string{"PATH", "0640", "chmod 600"}},
		"world may write": {"kek_readable", func(t *testing.T, w world) { chmod(t, w.path, 0o602) }, []string{"PATH"}},
		"symbolic link": {"kek_not_regular", func(t *testing.T, w world) {
			if err := errors.Join(os.Rename(w.path, w.path+"2"), os.Symlink(w.path+"2", w.path)); err != nil {
				t.Fatal(err)
			}
		}, []string{"PATH"}},
		"directory": {"kek_not_regular", func(t *testing.T, w world) {
			if err := errors.Join(os.Remove(w.path), os.Mkdir(w.path, 0o700)); err != nil {
				t.Fatal(err)
			}
		}, []string{"PATH"}},
		"empty":       {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, nil) }, []string{"PATH"}},
		"only notes":  {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, []byte("# a\n\n")) }, []string{"PATH"}},
		"cut short":   {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, w.good[:len(w.good)-9]) }, []string{"line 4"}},
		"raw bytes":   {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, bytes.Repeat([]byte{'z'}, 32)) }, []string{"line 1"}},
		"bad id":      {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, []byte(kekLine("XYZ", 'z'))) }, []string{"line 1"}},
		"capital id":  {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, []byte(kekLine("0BADCAFE", 'z'))) }, []string{"line 1"}},
		"same twice":  {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, []byte(other+other)) }, []string{"line 2"}},
		"four words":  {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, []byte(other[:len(other)-1]+" x\n")) }, []string{"line 1"}},
		"short key":   {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, []byte("ignisfox-kek-1 0badcafe enp6eg==\n")) }, []string{"line 1"}},
		"too large":   {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, bytes.Repeat([]byte("#\n"), 1<<16)) }, []string{"64 KB"}},
		"65 keys":     {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, manyKeys(65)) }, []string{"64"}},
		"other stuff": {"kek_malformed", func(t *testing.T, w world) { write(t, w.path, []byte(other+"zzzzzzzz\n")) }, []string{"line 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, path := newMemory(), kekPath(t)
			s := started(t, m, "file:"+path)
			m.addTenant(t, s, "t1")
			sealed := sealText(t, s, place("t1"), "x")
			w := world{path, s.ring.Load().primary().id, read(t, path)}
			lines, err := parseLines(w.good)
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(t, w)
			rows, checks, tree := fmt.Sprint(m.rows), fmt.Sprint(m.checks), listing(t, filepath.Dir(filepath.Dir(path)))

			err = process(t, m, "file:"+path, newClock()).Start(t.Context())
			wantCode(t, err, fault.Internal, c.code)
			for _, want := range c.says {
				want = strings.NewReplacer("PATH", path, "ID", w.id).Replace(want)
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			for _, raw := range [][]byte{lines[0].raw.Reveal(), bytes.Repeat([]byte{'z'}, 8)} {
				for _, form := range []string{string(raw), hex.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw)[:8], fmt.Sprint(raw)} {
					if strings.Contains(err.Error(), form) {
						t.Errorf("the error shows key bytes: %q", err)
					}
				}
			}
			if rows != fmt.Sprint(m.rows) || checks != fmt.Sprint(m.checks) {
				t.Error("the database was changed")
			}
			if now := listing(t, filepath.Dir(filepath.Dir(path))); now != tree {
				t.Errorf("the files were changed:\n%s\n%s", tree, now)
			}

			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			write(t, path, w.good)
			wantOpen(t, started(t, m, "file:"+path), place("t1"), sealed, "x")
		})
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func manyKeys(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		b.WriteString(kekLine(fmt.Sprintf("%08x", i+1), 'z'))
	}
	return b.Bytes()
}

// listing answers names, modes and contents of a tree.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.Walk(dir, func(p string, st os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintln(&out, p, st.Mode())
		if st.Mode().IsRegular() {
			out.Write(read(t, p))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Even before the first keyset: a check value means that some process has made a key.
func TestACheckValueAloneForbidsANewKEK(t *testing.T) {
	m, path := newMemory(), kekPath(t)
	m.intercept(func(call string) error {
		if call == "PutPlatformKeyset" {
			return errors.New("killed here")
		}
		return nil
	})
	if err := process(t, m, "file:"+path, newClock()).Start(t.Context()); err == nil {
		t.Fatal("it started")
	}
	m.intercept(nil)
	good := read(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantCode(t, process(t, m, "file:"+path, newClock()).Start(t.Context()), fault.Internal, "kek_missing")
	write(t, path, []byte(kekLine("0badcafe", 'z')))
	wantCode(t, process(t, m, "file:"+path, newClock()).Start(t.Context()), fault.Internal, "kek_wrong")
	write(t, path, good)
	started(t, m, "file:"+path)
}

// Two machines were both stopped between entering their KEK and the first keyset: either can go on.
func TestTwoHalfMadeDatabasesDoNotBlockEachOther(t *testing.T) {
	m, a := newMemory(), kekPath(t)
	write(t, a, []byte(kekLine("0000000a", 'a')))
	for _, l := range []line{{id: "0000000a", raw: secret.NewBytes(bytes.Repeat([]byte{'a'}, 32))}, newKEKLine(nil)} {
		k, err := newKEK(l.id, l.raw)
		if err != nil {
			t.Fatal(err)
		}
		c, err := k.check()
		if err != nil {
			t.Fatal(err)
		}
		m.checks = append(m.checks, c)
	}
	started(t, m, "file:"+a)
}

func TestAKEKFileThatIsThereIsUsedForANewDatabase(t *testing.T) {
	path := kekPath(t)
	write(t, path, []byte("# my key\r\n\n"+kekLine("0badcafe", 'z')))
	m := newMemory()
	started(t, m, "file:"+path)
	if m.get("").KEK != "0badcafe" {
		t.Errorf("the platform's keyset is under %q", m.get("").KEK)
	}
}

func TestManyFirstStartsAtOnceMakeOneKey(t *testing.T) {
	for range 20 {
		m, path := newMemory(), kekPath(t)
		var wg sync.WaitGroup
		all := make([]*Sealer, 6)
		errs := make([]error, len(all))
		for i := range all {
			all[i] = process(t, m, "file:"+path, newClock())
			wg.Go(func() { errs[i] = all[i].Start(t.Context()) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		sealed := sealText(t, all[0], place(""), "x")
		for _, s := range all {
			wantOpen(t, s, place(""), sealed, "x")
		}
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 || len(m.checks) != 1 {
			t.Fatalf("files %v, %d checks, %v", entries, len(m.checks), err)
		}
	}
}

// Two machines, one database, a file each: one wins, the other is told whose key it needs and has spoilt nothing.
func TestTwoMachinesCannotSealWithTwoKEKs(t *testing.T) {
	m, a, b := newMemory(), kekPath(t), kekPath(t)
	var once sync.Once
	var winner *Sealer
	m.intercept(nil)
	m.before = func(call string) error {
		if call == "PutKEK" { // the loser has seen an empty database and made its file; now the winner comes first
			once.Do(func() {
				m.before = nil
				m.mu.Unlock()
				defer m.mu.Lock()
				winner = started(t, m, "file:"+a)
			})
		}
		return nil
	}
	err := process(t, m, "file:"+b, newClock()).Start(t.Context())
	wantCode(t, err, fault.Internal, "kek_wrong")
	need := winner.ring.Load().primary().id
	if !strings.Contains(err.Error(), need) {
		t.Errorf("%q does not name KEK %s", err, need)
	}
	wantCode(t, process(t, m, "file:"+b, newClock()).Start(t.Context()), fault.Internal, "kek_wrong")
	started(t, m, "file:"+a)
	write(t, b, read(t, a))
	started(t, m, "file:"+b)
}

func TestTheEnvironmentAsSource(t *testing.T) {
	m := newMemory()
	t.Setenv("MY_KEK", " \n")
	err := process(t, m, "env:MY_KEK", newClock()).Start(t.Context())
	wantCode(t, err, fault.Internal, "kek_missing")
	if !strings.Contains(err.Error(), "MY_KEK") || !strings.Contains(err.Error(), "ignisfox-kek-1") {
		t.Errorf("%q does not say what to set", err)
	}
	if len(m.rows)+len(m.checks) != 0 {
		t.Error("something was stored without a KEK")
	}
	t.Setenv("MY_KEK", kekLine("0badcafe", 'z'))
	s := started(t, m, "env:MY_KEK")
	sealed := sealText(t, s, place(""), "x")
	wantOpen(t, started(t, m, "env:MY_KEK"), place(""), sealed, "x")

	t.Setenv("MY_KEK", "")
	err = process(t, m, "env:MY_KEK", newClock()).Start(t.Context())
	wantCode(t, err, fault.Internal, "kek_missing")
	if !strings.Contains(err.Error(), "0badcafe") {
		t.Errorf("%q does not say which KEK is needed", err)
	}
}

func TestOtherSourcesAreRefusedWithoutRepeatingThem(t *testing.T) {
	for _, src := range []string{"", "file:", "env:", "kms:arn", "aGVsbG8gaGVsbG8=", "env:A=B"} {
		_, err := New(Deps{Source: src})
		wantCode(t, err, fault.Invalid, "kek_source_bad")
		if strings.Contains(err.Error(), "aGVs") || strings.Contains(err.Error(), "A=B") {
			t.Errorf("%q repeats what was given", err)
		}
	}
}

func TestTenantsWithoutAPlatformKeysetAreADamagedDatabase(t *testing.T) {
	m, path := newMemory(), kekPath(t)
	m.addTenant(t, started(t, m, "file:"+path), "t1")
	delete(m.rows, "")
	wantCode(t, process(t, m, "file:"+path, newClock()).Start(t.Context()), fault.Internal, "platform_keyset_missing")
}
