package sshtest

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// account is whom servers and services run as.
type account struct {
	name     string
	uid, gid int
	other    bool // not the user of this process
}

// findAccount answers ourselves, or for root the first account that is not root and has a shell. PostgreSQL's, which other tests
// need as well, is one.
func findAccount() (account, error) {
	table, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return account{}, err
	}
	var found []account
	for line := range strings.SplitSeq(string(table), "\n") {
		col := strings.Split(line, ":")
		if len(col) < 7 {
			continue
		}
		uid, err1 := strconv.Atoi(col[2])
		gid, err2 := strconv.Atoi(col[3])
		if errors.Join(err1, err2) != nil {
			continue
		}
		a := account{name: col[0], uid: uid, gid: gid, other: uid != os.Geteuid()}
		if !a.other && uid != 0 {
			return a, nil
		}
		if uid != 0 && slices.Contains([]string{"/bin/sh", "/bin/bash", "/bin/dash"}, col[6]) {
			found = append(found, a)
		}
	}
	if os.Geteuid() != 0 {
		return account{}, errors.New("the user of this process has no account in /etc/passwd")
	}
	if len(found) == 0 {
		return account{}, errors.New("sshd is not run as root here, and no other account has a shell; run `make test-deps`, which installs one with PostgreSQL")
	}
	slices.SortStableFunc(found, func(a, b account) int {
		if (a.name == "postgres") != (b.name == "postgres") {
			if a.name == "postgres" {
				return -1
			}
			return 1
		}
		return 0
	})
	return found[0], nil
}

// credential makes a child run as the account; nil for ourselves.
func (a account) credential() *syscall.Credential {
	if !a.other {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}

func (a account) give(path string) error {
	if !a.other {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

func (a account) write(path string, data []byte) error {
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	return a.give(path)
}
