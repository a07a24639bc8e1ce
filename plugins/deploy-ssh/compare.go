package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// compared is a wanted file beside what the device has.
type compared struct {
	file
	uid, gid int64    // wanted; -1 for whatever it comes out as
	existed  bool     // there is a file
	now      []byte   // its bytes, when the user may read it
	differs  []string // what is different, in words; empty when all is as wanted
}

func (c compared) action() string {
	switch {
	case !c.existed:
		return "create"
	case len(c.differs) > 0:
		return "replace"
	}
	return "keep"
}

// compareAll changes nothing.
func compareAll(f files, wanted []file, uid, gid int64) ([]compared, error) {
	all := make([]compared, 0, len(wanted))
	for _, w := range wanted {
		c, err := compare(f, compared{file: w, uid: uid, gid: gid})
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func compare(f files, c compared) (compared, error) {
	found, err := f.stat(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, folderThere(f, c)
	}
	if err != nil {
		return c, onFile(err, c.field, c.path, "looked at")
	}
	if err := replaceable(found, c.field, c.path); err != nil {
		return c, err
	}
	c.existed = true
	c.now, err = f.read(c.path)
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, errTooLarge):
		c.now, c.differs = nil, append(c.differs, "what is there cannot be read")
	case err != nil:
		return c, onFile(err, c.field, c.path, "read")
	case sum(c.now) != sum(c.data):
		c.differs = append(c.differs, "other content")
	}
	if found.mode != c.mode {
		c.differs = append(c.differs, fmt.Sprintf("mode %04o → %04o", found.mode, c.mode))
	}
	if c.uid >= 0 && found.uid != c.uid {
		c.differs = append(c.differs, fmt.Sprintf("owner %d → %d", found.uid, c.uid))
	}
	if c.gid >= 0 && found.gid != c.gid {
		c.differs = append(c.differs, fmt.Sprintf("group %d → %d", found.gid, c.gid))
	}
	return c, nil
}

// folderThere tells a file that is missing from a folder that is.
func folderThere(f files, c compared) error {
	found, err := f.stat(parent(c.path))
	if err == nil && found.kind == regular {
		err = fs.ErrNotExist
	}
	if err != nil {
		return onFile(err, c.field, c.path, "written")
	}
	return nil
}

// replaceable refuses what a file may not take the place of. A link may be what somebody else's tool goes by, and its end lies in
// a folder that nobody named.
func replaceable(found info, field, path string) error {
	p := &plugin.Problem{Code: "not_a_file", Field: field, Final: true}
	switch found.kind {
	case regular:
		return nil
	case symlink:
		p.Message = path + " is a symbolic link: give the path of the file itself, or remove the link"
	case folder:
		p.Message = path + " is a folder: give the path of a file in it"
	default:
		p.Message = path + " is a device or a pipe: give the path of a file"
	}
	return p
}

// detail says what a deployment would do to the file, for the plan.
func (c compared) detail() string {
	words := c.differs
	if !c.existed {
		words = []string{fmt.Sprintf("mode %04o", c.mode)}
	}
	if from, to := leafWords(c.now), leafWords(c.data); to != "" && from != to {
		words = append([]string{strings.TrimPrefix(from+" → "+to, " → ")}, words...)
	}
	return strings.Join(words, ", ")
}
