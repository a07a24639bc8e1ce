package main

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// hop is one SSH server on the way: the jump host or the device.
type hop struct {
	prefix      string // of its fields: "" or "jump."
	name        string // in messages
	host        string
	port        int64
	hostKey     string // "SHA256:…"; empty when nobody confirmed one
	user        string
	usePassword bool
	password    []byte
	privateKey  []byte
	passphrase  []byte
}

// readHop reads the server of these settings, or of an object in them.
func readHop(s deploy.Settings, prefix, name string) hop {
	return hop{
		prefix: prefix, name: name, host: s.String("host"), port: cmp.Or(s.Int("port"), 22), hostKey: s.String("host_key"),
		user: s.String("username"), usePassword: s.String("auth") == "password",
		password: s.Secret("password"), privateKey: s.Secret("private_key"), passphrase: s.Secret("passphrase"),
	}
}

// file is one file that a target has.
type file struct {
	field string // path of the setting
	path  string
	mode  uint32
	hides bool // holds the private key
	data  []byte
}

// wantedFiles answers the files of a target, in the order in which they are swapped: what stands alone first, then key and
// certificate next to each other, so that the moment in which they do not match is as short as it can be.
func wantedFiles(s deploy.Settings, m deploy.Material) ([]file, error) {
	combined := slices.Concat(m.Fullchain, m.Key) // both end with a line break, as PEM does
	all := []struct {
		file
		missing string
	}{
		{file{field: "pfx_path", hides: true, data: m.PFX}, "there is no PFX of this generation: set the PFX password of the group"},
		{file{field: "combined_path", hides: true, data: combined}, ""},
		{file{field: "chain_path", data: m.Chain}, ""},
		{file{field: "key_path", hides: true, data: m.Key}, ""},
		{file{field: "fullchain_path", data: m.Fullchain}, ""},
		{file{field: "cert_path", data: m.Certificate}, ""},
	}
	var files []file
	for _, f := range all {
		if f.path = s.String(f.field); f.path == "" {
			continue
		}
		if f.hides && len(m.Key) == 0 && f.field != "pfx_path" {
			f.missing = "this group holds no private key: upload the key, or take this path out of the target"
		}
		if f.missing != "" && (len(f.data) == 0 || len(m.Key) == 0) {
			return nil, &plugin.Problem{Code: "nothing_to_write", Message: f.missing, Field: f.field, Final: true}
		}
		f.mode = readMode(s, f.hides)
		files = append(files, f.file)
	}
	return files, nil
}

func readMode(s deploy.Settings, hides bool) uint32 {
	text, fallback := s.String("cert_mode"), uint32(0o644)
	if hides {
		text, fallback = s.String("key_mode"), 0o600
	}
	mode, err := strconv.ParseUint(text, 8, 32)
	if err != nil {
		return fallback
	}
	if hides {
		mode &^= 0o007 // validate says so; what got past it is still not done
	}
	return uint32(mode) & 0o777
}

// validate says what the schema cannot see.
func validate(s deploy.Settings) schema.Problems {
	problems := schema.Problems{}
	checkPaths(s, problems)
	checkModes(s, problems)
	ctx, cancel := context.WithTimeout(context.Background(), keyWait)
	defer cancel()
	checkHop(ctx, readHop(s, "", "the server"), problems)
	if jump := s.Object("jump"); jump.String("host") != "" {
		checkHop(ctx, readHop(jump, "jump.", "the jump host"), problems)
	}
	return problems
}

// keyWait is how long a look at settings waits for its turn to open an encrypted key: it has to answer within 5 s.
var keyWait = 2 * time.Second

var pathFields = []string{"fullchain_path", "cert_path", "chain_path", "key_path", "combined_path", "pfx_path"}

// maxName leaves room for what is added to the names of new and previous files.
const maxName = 150

func checkPaths(s deploy.Settings, problems schema.Problems) {
	seen := map[string]bool{}
	for _, field := range pathFields {
		p := s.String(field)
		switch {
		case p == "":
			continue
		case !strings.HasPrefix(p, "/") || path.Clean(p) != p || p == "/":
			problems[field] = "give the whole path of a file, without . or .. or a slash at its end"
		case strings.ContainsFunc(p, func(c rune) bool { return c < ' ' || c == 0x7f }):
			problems[field] = "a path has no line breaks and no control characters"
		case len(path.Base(p)) > maxName:
			problems[field] = "the name of the file is too long: 150 bytes at most"
		case seen[p]:
			problems[field] = "this path is used twice"
		}
		seen[p] = true
	}
	switch {
	case len(seen) == 0:
		problems["fullchain_path"] = "give the path of one file at least"
	case s.Has("key_path") && !s.Has("cert_path") && !s.Has("fullchain_path"):
		problems["key_path"] = "a key alone serves nobody: give the path of the certificate or of the full chain as well"
	}
}

func checkModes(s deploy.Settings, problems schema.Problems) {
	for field, refused := range map[string]uint64{"cert_mode": 0o7000, "key_mode": 0o7007} {
		mode, err := strconv.ParseUint(s.String(field), 8, 32)
		switch {
		case !s.Has(field):
		case err != nil || mode&0o400 == 0 || mode&0o7000 != 0:
			problems[field] = "give a mode as 0640 that lets the owner read"
		case mode&refused != 0:
			problems[field] = "others may have no right to a key: use 0600, or 0640 for a group"
		}
	}
}

func checkHop(ctx context.Context, h hop, problems schema.Problems) {
	if h.usePassword || len(h.privateKey) == 0 {
		return
	}
	if _, p := readKey(ctx, h); p != nil {
		problems[p.Field] = p.Message
	}
}
