package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// shellFiles are files by commands, for devices without SFTP. The commands are those of POSIX, fixed but for paths and numbers;
// paths are single-quoted. Each says by its exit status what is wrong, since the words differ between systems.
type shellFiles struct {
	ctx  context.Context
	conn *connection
}

// Exit statuses that the commands below choose.
const (
	exitAbsent  = 44
	exitRefused = 45
	exitThere   = 46
)

// guard leaves with a status when a path is not there, or cannot be looked for.
const guard = `[ -e %[1]s ] || [ -L %[1]s ] || { [ ! -d %[2]s ] || [ -x %[2]s ] || exit 45; exit 44; }; `

// do runs one command. Paths are put where the format has its verbs; they are quoted here.
func (s *shellFiles) do(in []byte, limit int, format string, args ...any) ([]byte, error) {
	for i, a := range args {
		if word, isWord := a.(string); isWord {
			if !quotable(word) {
				return nil, errors.New("a path with a line break in it")
			}
			args[i] = quoted(word)
		}
	}
	out, words := &bounded{limit: limit}, &output{}
	var from io.Reader
	if in != nil {
		from = bytes.NewReader(in)
	}
	how, err := s.conn.run(s.ctx, "LC_ALL=C; export LC_ALL; "+fmt.Sprintf(format, args...), from, out, words)
	switch {
	case err != nil:
		return nil, err
	case out.over:
		return nil, errTooLarge
	case how.ok():
		return out.Bytes(), nil
	case how.code == exitAbsent:
		return nil, fs.ErrNotExist
	case how.code == exitRefused:
		return nil, fs.ErrPermission
	case how.code == exitThere:
		return nil, fs.ErrExist
	}
	return nil, wordsOf(how, strings.Join(words.lines(), "; "))
}

// wordsOf makes an error of what a command said.
func wordsOf(how ended, said string) error {
	switch {
	case strings.Contains(said, "No space left"), strings.Contains(said, "quota exceeded"), strings.Contains(said, "File too large"), strings.Contains(said, "ile size limit"):
		return errDiskFull
	case strings.Contains(said, "ermission denied"), strings.Contains(said, "not permitted"), strings.Contains(said, "Read-only"):
		return fmt.Errorf("%w: %s", fs.ErrPermission, said)
	case said == "":
		return errors.New("the command " + how.String())
	}
	return errors.New(said)
}

func (s *shellFiles) stat(path string) (info, error) {
	out, err := s.do(nil, 8<<10, guard+`ls -ldn %[1]s`, path, parent(path))
	if err != nil {
		return info{}, err
	}
	return parseLong(string(out))
}

// parseLong reads a line of ls -ln, whose first five columns POSIX fixes: "-rw-r--r-- 1 0 0 123 …".
func parseLong(line string) (info, error) {
	col := strings.Fields(line)
	if len(col) < 5 || len(col[0]) < 10 {
		return info{}, errors.New("ls answered something else than a line about the file")
	}
	i := info{}
	switch col[0][0] {
	case '-':
	case 'd':
		i.kind = folder
	case 'l':
		i.kind = symlink
	default:
		i.kind = special
	}
	for at, c := range col[0][1:10] {
		bit := uint32(1) << (8 - at)
		switch c {
		case '-':
		case 'S', 'T': // the special bit alone
			i.mode |= specialBit(at)
		case 's', 't':
			i.mode |= specialBit(at) | bit
		default:
			i.mode |= bit
		}
	}
	var errs [3]error
	i.uid, errs[0] = strconv.ParseInt(col[2], 10, 64)
	i.gid, errs[1] = strconv.ParseInt(col[3], 10, 64)
	if i.kind == regular {
		i.size, errs[2] = strconv.ParseInt(col[4], 10, 64)
	}
	return i, errors.Join(errs[:]...)
}

func specialBit(at int) uint32 { return 1 << (11 - at/3) }

func parent(path string) string { return path[:max(1, strings.LastIndexByte(path, '/'))] }

func (s *shellFiles) read(path string) ([]byte, error) {
	return s.do(nil, maxFile, guard+`[ -r %[1]s ] || exit 45; cat %[1]s`, path, parent(path))
}

func (s *shellFiles) list(dir string) ([]string, error) {
	out, err := s.do(nil, maxFile, `[ -d %[1]s ] || exit 44; [ -r %[1]s ] || exit 45; ls -1A %[1]s`, dir)
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n"), err
}

// create has the shell refuse to write over a file (set -C), and lets nobody else read it (umask). A sync that takes no file is asked to
// bring everything to the disk; one that finds the disk full, or broken, only now is believed.
func (s *shellFiles) create(path string, data []byte) error {
	_, err := s.do(data, 1<<10, `umask 077; set -C; [ -w %[2]s ] || exit 45; [ ! -e %[1]s ] || exit 46; cat >%[1]s || exit 1; `+
		`[ "$(wc -c <%[1]s)" -eq %[3]d ] || { echo 'No space left: the file came out too short' >&2; exit 1; }; `+
		`said=$(sync %[1]s 2>&1) || case $said in *'No space'*|*quota*|*'I/O error'*|*'nput/output error'*) echo "$said" >&2; exit 1;; *) sync;; esac`,
		path, parent(path), len(data))
	return err
}

func (s *shellFiles) chmod(path string, mode uint32) error {
	_, err := s.do(nil, 1<<10, `chmod %[2]s %[1]s`, path, fmt.Sprintf("%04o", mode))
	return err
}

func (s *shellFiles) chown(path string, uid, gid int64) error {
	if uid >= 0 {
		if _, err := s.do(nil, 1<<10, `chown %[2]d %[1]s`, path, uid); err != nil {
			return err
		}
	}
	if gid < 0 {
		return nil
	}
	_, err := s.do(nil, 1<<10, `chgrp %[2]d %[1]s`, path, gid)
	return err
}

func (s *shellFiles) link(old, new string) error {
	_, err := s.do(nil, 1<<10, `ln %[1]s %[2]s`, old, new)
	return err
}

// rename has mv not move into a folder of that name, which rename(2) would refuse as well, and not refuse two names of one file,
// of which the old one goes.
func (s *shellFiles) rename(old, new string) error {
	_, err := s.do(nil, 1<<10, `[ ! -d %[2]s ] || { echo 'Is a directory' >&2; exit 1; }; `+
		`if [ %[1]s -ef %[2]s ]; then rm -f %[1]s; else mv -f %[1]s %[2]s; fi`, old, new)
	return err
}

func (s *shellFiles) remove(path string) error {
	_, err := s.do(nil, 1<<10, guard+`rm -f %[1]s`, path, parent(path))
	return err
}

func (s *shellFiles) close() {}
