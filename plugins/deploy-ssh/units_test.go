package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

func testKey(t *testing.T) []byte {
	t.Helper()
	key, _, err := sshtest.NewKey("ed25519", "")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestQuotedWordsReachTheShellAsTheyAre(t *testing.T) {
	for _, word := range []string{"a", "a b", "it's", `"`, "$(touch x)", "`touch x`", "a;b&c|d>e<f", `\`, `a\'b`, "*", "~root", "!!", "#x", "-rf", "é→", "\t", "''", "$HOME", "{a,b}"} {
		out, err := exec.Command("/bin/sh", "-c", "printf '%s|' "+quoted(word)).Output()
		if err != nil || string(out) != word+"|" {
			t.Errorf("%q reached the shell as %q, %v", word, out, err)
		}
	}
	for _, word := range []string{"", "a\nb", "a\rb", "a\x00b"} {
		if quotable(word) {
			t.Errorf("%q counts as quotable", word)
		}
	}
}

func TestNewFilesArePrivateFromTheirFirstMoment(t *testing.T) {
	packet := func(kind byte, rest ...byte) []byte {
		return append([]byte{0, 0, 0, byte(1 + len(rest)), kind}, rest...)
	}
	open := packet(fxpOpen, 0, 0, 0, 7, 0, 0, 0, 2, '/', 'x', 0, 0, 0, 0x2a, 0, 0, 0, 0)
	want := packet(fxpOpen, 0, 0, 0, 7, 0, 0, 0, 2, '/', 'x', 0, 0, 0, 0x2a, 0, 0, 0, 4, 0, 0, 1, 0x80)
	other := packet(17, 0, 0, 0, 8, 0, 0, 0, 2, '/', 'x', 0, 0, 0, 0)
	for size := 1; size <= len(open)+len(other); size++ { // whole packets come out however the bytes come in
		var out closer
		p := &privateOpen{to: &out}
		for rest := append(bytes.Clone(open), other...); len(rest) > 0; {
			n := min(size, len(rest))
			if _, err := p.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if !bytes.Equal(out.Bytes(), append(bytes.Clone(want), other...)) {
			t.Fatalf("in pieces of %d: %x", size, out.Bytes())
		}
	}
}

type closer struct{ bytes.Buffer }

func (*closer) Close() error { return nil }

func TestTheUmaskOfTheServerMakesNoDifference(t *testing.T) {
	r := newRig(t, sshtest.Options{Umask: "000"})
	w, err := open(t.Context(), r.call())
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	path := filepath.Join(r.host.Mkdir("certs"), "key")
	if err := w.files.create(path, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, []byte("secret"), 0o600)
	if err := w.files.create(path, []byte("other")); err == nil {
		t.Error("a file that is there was written over")
	}
	wantFile(t, path, []byte("secret"), 0o600)
}

func TestLinesOfLs(t *testing.T) {
	for line, want := range map[string]info{
		"-rw-r--r--  1 0 33 123 Jan  1 00:00 /x":   {regular, 0o644, 0, 33, 123},
		"-rwsr-sr-t. 1 1000 1000 1 Jan 1 2020 /x":  {regular, 0o7755, 1000, 1000, 1},
		"-rwS--S--T+ 1 1 2 3 Jan 1 2020 /x":        {regular, 0o7600, 1, 2, 3},
		"drwxr-x---  2 0 0 4096 Jan 1 2020 /x y":   {folder, 0o750, 0, 0, 0},
		"lrwxrwxrwx  1 0 0 3 Jan 1 2020 /x -> /y":  {symlink, 0o777, 0, 0, 0},
		"crw-rw-rw-  1 0 0 1, 3 Jan 1 2020 /null":  {special, 0o666, 0, 0, 0},
		"-rw-------  1 0 0 9 Jan 1 2020 /-rw-r--r": {regular, 0o600, 0, 0, 9},
	} {
		if got, err := parseLong(line); err != nil || got != want {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
	for _, line := range []string{"", "total 4", "-rw 1 0 0 0", "-rw-r--r-- 1 root root 1 x"} {
		if got, err := parseLong(line); err == nil {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

func TestValidation(t *testing.T) {
	encrypted, _, err := sshtest.NewKey("ed25519", "secret")
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]any{"host": "a.example", "username": "u", "auth": "key", "fullchain_path": "/c", "key_path": "/k", "cert_mode": "0644", "key_mode": "0640"}
	for name, c := range map[string]struct {
		set     map[string]any
		secrets map[string][]byte
		field   string
	}{
		"good":                {},
		"no path":             {set: map[string]any{"fullchain_path": "", "key_path": ""}, field: "fullchain_path"},
		"a key alone":         {set: map[string]any{"fullchain_path": ""}, field: "key_path"},
		"the same path":       {set: map[string]any{"key_path": "/c"}, field: "key_path"},
		"relative":            {set: map[string]any{"key_path": "k"}, field: "key_path"},
		"dots":                {set: map[string]any{"key_path": "/a/../k"}, field: "key_path"},
		"a folder":            {set: map[string]any{"key_path": "/a/"}, field: "key_path"},
		"a line break":        {set: map[string]any{"key_path": "/a\nb"}, field: "key_path"},
		"too long":            {set: map[string]any{"key_path": "/" + strings.Repeat("x", 151)}, field: "key_path"},
		"a key for all":       {set: map[string]any{"key_mode": "0644"}, field: "key_mode"},
		"a key to write":      {set: map[string]any{"key_mode": "0602"}, field: "key_mode"},
		"setuid":              {set: map[string]any{"cert_mode": "4644"}, field: "cert_mode"},
		"unreadable":          {set: map[string]any{"cert_mode": "0044"}, field: "cert_mode"},
		"no key":              {secrets: map[string][]byte{"private_key": []byte("hello")}, field: "private_key"},
		"PuTTY":               {secrets: map[string][]byte{"private_key": []byte("PuTTY-User-Key-File-3: ssh-ed25519")}, field: "private_key"},
		"no passphrase":       {secrets: map[string][]byte{"private_key": encrypted}, field: "passphrase"},
		"wrong passphrase":    {secrets: map[string][]byte{"private_key": encrypted, "passphrase": []byte("x")}, field: "passphrase"},
		"right passphrase":    {secrets: map[string][]byte{"private_key": encrypted, "passphrase": []byte("secret")}},
		"key of a jump host":  {set: map[string]any{"jump": map[string]any{"host": "j", "auth": "key"}}, secrets: map[string][]byte{"jump.private_key": []byte("x")}, field: "jump.private_key"},
		"endless rounds":      {secrets: map[string][]byte{"private_key": manyRounds(t, encrypted), "passphrase": []byte("secret")}, field: "private_key"},
		"a key nobody signed": {secrets: map[string][]byte{"private_key": []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}, field: "private_key"},
	} {
		values := map[string]any{}
		for _, set := range []map[string]any{good, c.set} {
			for k, v := range set {
				values[k] = v
			}
		}
		problems := validate(plugin.NewSettings(values, c.secrets))
		if _, named := problems[c.field]; (c.field != "") != named || len(problems) > 1 {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// manyRounds makes a key ask for a million rounds.
func manyRounds(t *testing.T, key []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(key)
	// The options of the KDF are 24 bytes long: a salt of 16 after its length, then the rounds.
	at := bytes.Index(block.Bytes, []byte("bcrypt\x00\x00\x00\x18\x00\x00\x00\x10")) + len("bcrypt") + 8 + 16
	if got := rounds(block.Bytes); binary.BigEndian.Uint32(block.Bytes[at:]) != got || got == 0 {
		t.Fatalf("the rounds are not where they were looked for: %d", got)
	}
	copy(block.Bytes[at:], []byte{0, 0x0f, 0x42, 0x40})
	return pem.EncodeToMemory(block)
}

// Encrypted keys are opened in turn. Who does not get one is not kept waiting past the deadline of a call.
func TestEncryptedKeysAreOpenedInTurn(t *testing.T) {
	before := keyWait
	keyWait = 20 * time.Millisecond
	t.Cleanup(func() { keyWait = before })
	for range cap(turns) {
		turns <- struct{}{}
	}
	key, _, err := sshtest.NewKey("ed25519", "secret")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{"host": "a.example", "username": "u", "auth": "key", "fullchain_path": "/c"}
	secrets := map[string][]byte{"private_key": key, "passphrase": []byte("secret")}
	if problems := validate(plugin.NewSettings(values, secrets)); !strings.Contains(problems["passphrase"], "try again") {
		t.Errorf("while others open theirs: %v", problems)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newCredentials(ctx, hop{privateKey: key, passphrase: []byte("secret")}); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that has ended: %v", err)
	}
	for range cap(turns) {
		<-turns
	}
	keyWait = before
	for range 2 * cap(turns) { // each turn comes back
		if problems := validate(plugin.NewSettings(values, secrets)); len(problems) > 0 {
			t.Errorf("its turn has come: %v", problems)
		}
	}
}

// Half a secret at the end of a line that is too long would not be found.
func TestALineThatIsCutHoldsNoHalfSecret(t *testing.T) {
	const secret = "hunter2-hunter2"
	for at := maxLine - 2*len(secret); at < maxLine; at++ {
		var got string
		o := &output{log: plugin.NewLog(plugin.NewRedactor([]byte(secret), bytes.Repeat([]byte("s"), 40)), func(e plugin.Entry) { got = e.Text })}
		// What is before becomes short, so that the end of the line is seen.
		_, _ = o.Write([]byte(strings.Repeat("s", at) + secret + strings.Repeat("x", maxLine) + "\n"))
		if strings.Contains(got, "hun") || got == "" {
			t.Fatalf("a secret at %d: %q", at, got)
		}
	}
}

func TestAGroupWithoutAKeyOrPFXIsToldSo(t *testing.T) {
	m := generation(1, "a.example")
	m.Key, m.PFX = nil, nil
	for _, field := range []string{"key_path", "combined_path", "pfx_path"} {
		s := plugin.NewSettings(map[string]any{field: "/x", "cert_path": "/c"}, nil)
		_, err := wantedFiles(s, m)
		if p := wantProblem(t, err, "nothing_to_write"); p.Field != field || !p.Final {
			t.Errorf("%s: %+v", field, p)
		}
	}
	if files, err := wantedFiles(plugin.NewSettings(map[string]any{"cert_path": "/c"}, nil), m); err != nil || len(files) != 1 {
		t.Errorf("the certificate alone: %v, %v", files, err)
	}
}

func TestOwnersAreLookedUpOnTheDevice(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, _ := r.pair()
		group, err := exec.Command("id", "-gn", r.host.User).Output()
		if err != nil {
			t.Fatal(err)
		}
		r.settings["owner"], r.settings["group_owner"] = r.host.User, strings.TrimSpace(string(group))
		m := generation(1, "a.example")
		r.deployment("d1", m).whole()
		wantFile(t, cert, m.Fullchain, 0o644)
		if got := r.deployment("d2", m).step(deploy.Stage); !got.Unchanged {
			t.Errorf("owner and group are right, and still: %q", got.Message)
		}
		r.settings["owner"] = "root"
		p := r.deployment("d3", m).fails(deploy.Stage, "owner_refused")
		if p.Field != "owner" {
			t.Errorf("%+v", p)
		}
		if left := ours(t, filepath.Dir(cert)); len(left) != 0 {
			t.Errorf("left %q", left)
		}
		other := strings.TrimSpace(string(group)) // but for a dot, which is any letter to those who look for patterns
		other = other[:1] + "." + other[2:]
		for field, name := range map[string]string{"owner": "nobody-of-that-name", "group_owner": other} {
			r.settings["owner"], r.settings["group_owner"] = "", ""
			r.settings[field] = name
			if p := r.deployment("d4", m).fails(deploy.Stage, "unknown_account"); p.Field != field || !p.Final {
				t.Errorf("%+v", p)
			}
		}
	})
}

func TestFoldersThatAreMissingOrLocked(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, _ := r.pair()
		d := r.deployment("d1", generation(1, "a.example"))
		if err := os.Chmod(filepath.Dir(cert), 0o555); err != nil {
			t.Fatal(err)
		}
		d.fails(deploy.Stage, "permission_denied")
		_, err := r.test()
		wantProblem(t, err, "permission_denied")
		r.settings["fullchain_path"] = filepath.Join(r.host.Dir, "missing", "www.crt")
		if p := d.fails(deploy.Stage, "folder_missing"); p.Field != "fullchain_path" {
			t.Errorf("%+v", p)
		}
		_, err = r.test()
		wantProblem(t, err, "folder_missing")
	})
}

func TestNamesBesideAFile(t *testing.T) {
	if got := newName("/etc/x/www.key", "a1"); got != "/etc/x/.www.key.ignisfox-new-a1" {
		t.Error(got)
	}
	if got := previousName("/k", "../../evil"); strings.Contains(got, "evil") || filepath.Dir(got) != "/" {
		t.Error(got)
	}
	for name, want := range map[string]bool{".www.key.ignisfox-new-a1": true, ".www.key.ignisfox-new-": false, "www.key": false,
		".www.key.ignisfox-new-a/b": false, ".other.ignisfox-new-a1": false} {
		if _, ok := markOf("/etc/x/www.key", name, newMark); ok != want {
			t.Errorf("%s: %v", name, ok)
		}
	}
}

func TestTheSchemaAsksForWhatAppliesAlone(t *testing.T) {
	sc := settingsSchema()
	if err := sc.Check(); err != nil {
		t.Fatal(err)
	}
	given := map[string]any{"host": "a.example", "username": "u", "fullchain_path": "/c"}
	plain, problems := sc.Validate(given, map[string]string{"private_key": "x"}, nil)
	if len(problems) != 0 || plain["port"] != int64(22) || plain["auth"] != "key" || plain["key_mode"] != "0600" {
		t.Errorf("without a jump host: %v, %v", plain, problems)
	}
	given["jump"] = map[string]any{"host": "j.example"}
	_, problems = sc.Validate(given, map[string]string{"private_key": "x"}, nil)
	if problems["jump.username"] == "" || problems["jump.private_key"] == "" || len(problems) != 2 {
		t.Errorf("with a jump host alone: %v", problems)
	}
	given["jump"], given["auth"] = map[string]any{"host": "j.example", "username": "u", "auth": "password"}, "password"
	_, problems = sc.Validate(given, map[string]string{"password": "x", "jump.password": "y"}, nil)
	if len(problems) != 0 {
		t.Errorf("passwords on both: %v", problems)
	}
	for _, bad := range []string{"sha256:x", "SHA256:" + strings.Repeat("a", 42), "MD5:00"} {
		given["host_key"] = bad
		if _, problems = sc.Validate(given, map[string]string{"password": "x", "jump.password": "y"}, nil); problems["host_key"] == "" {
			t.Errorf("%s is taken for a host key", bad)
		}
	}
	for _, f := range sc.Fields {
		if want := f.Name == "host" || f.Name == "port" || f.Name == "host_key"; f.Destination != want {
			t.Errorf("%s: destination is %v", f.Name, f.Destination)
		}
	}
}
