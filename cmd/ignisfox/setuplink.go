package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// setupLinkFile holds the secret of the link that was printed, so that a restart prints the same one while it lives.
const setupLinkFile = "setup-link"

// setupLink answers the address at which the first owner is made, and until when; empty once there is an account.
func setupLink(ctx context.Context, c *settled, s *signin.Service) (string, time.Time, error) {
	path := filepath.Join(c.DataDir, setupLinkFile)
	link, until, err := keptLink(ctx, s, path)
	if err == nil && link.Empty() {
		link, until, err = s.OpenSetup(ctx)
		if fault.CodeOf(err) == "set_up" {
			return "", time.Time{}, dropLink(path)
		}
		if err == nil {
			err = keepLink(path, link)
		}
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("make the setup link: %w", err)
	}
	// In the fragment: browsers send it to nobody, so it is in no log.
	return c.BaseURL + "/setup#" + link.Reveal(), until, nil
}

// keptLink answers the link of an earlier start when it still works.
func keptLink(ctx context.Context, s *signin.Service, path string) (secret.String, time.Time, error) {
	b, err := readBounded(path)
	if err != nil {
		return secret.String{}, time.Time{}, nil // none, or none that we may read: a new one is made
	}
	link := secret.NewString(strings.TrimSpace(string(b)))
	clear(b)
	until, err := s.SetupUntil(ctx, link)
	if fault.KindOf(err) == fault.NotFound {
		return secret.String{}, time.Time{}, nil
	}
	return link, until, err
}

// keepLink writes the secret so that only we can read it. A killed start leaves nothing behind that the next does not replace.
func keepLink(path string, link secret.String) error {
	beside := path + ".new"
	if err := removeIfThere(beside); err != nil {
		return err
	}
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return cause(err)
	}
	_, err = f.WriteString(link.Reveal() + "\n")
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		_ = os.Remove(beside)
		return cause(err)
	}
	return nil
}

func dropLink(path string) error {
	for _, name := range []string{path, path + ".new"} {
		if err := removeIfThere(name); err != nil {
			return fmt.Errorf("remove the setup link, which is dead: %w", err)
		}
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cause(err)
	}
	return nil
}
