package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/app/signin"
)

const (
	startTime = 10 * time.Minute // migrations of a large database included
	stopTime  = 40 * time.Second // for all of a shutdown
	drainTime = 20 * time.Second // of it, for requests under way
)

type serveCmd struct{}

// Run serves until a signal comes or a listener fails.
func (serveCmd) Run(ctx context.Context, src sources, out io.Writer) error {
	c, err := load(src)
	if err != nil {
		return err
	}
	if err := checkExposure(&c.config); err != nil {
		return err
	}
	if err := prepareDataDir(c.DataDir, true); err != nil {
		return err
	}
	log := newLogger(os.Stderr, c.LogLevel)
	c.logSettings(log)
	if err := harden(); err != nil {
		log.Warn("core dumps could not be switched off", "error", err)
	}
	newKEK := kekAbsent(&c.config)
	open, err := openListeners(ctx, &c.config, log)
	if err != nil {
		return err
	}
	defer open.close()

	app := newServer(ctx, c, log, open)
	startCtx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if err := app.start(startCtx); err != nil {
		return err
	}
	failed := app.wait(ctx, func() error {
		return announce(ctx, out, c, open, app.people, newKEK)
	})
	log.Info("stopping")
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	return errors.Join(failed, app.stop(stopCtx))
}

// announce tells the person who started the server where it is and what comes next. "Metrics on" and "Listening on" begin
// lines that programs look for; the latter comes last.
func announce(ctx context.Context, out io.Writer, c *settled, open *listeners, people *signin.Service, newKEK bool) error {
	link, until, err := setupLink(ctx, c, people)
	if err != nil {
		return err
	}
	var b strings.Builder
	if newKEK {
		fmt.Fprintf(&b, "The key that protects all others was made: %s\n"+
			"Keep a copy of it in a safe place, apart from the database and its backups. Without it nothing can be read.\n\n",
			strings.TrimPrefix(c.KEK, "file:"))
	}
	if link != "" {
		fmt.Fprintf(&b, "There is no account yet. To make the first one, open this link in a browser. It works once, until %s:\n  %s\n",
			until.Local().Format("2 Jan 2006 15:04 MST"), link)
		b.WriteString(fromElsewhere(c))
		fmt.Fprintf(&b, "Or, without a browser, run this on the same machine%s; it asks for a password:\n  %s\n\n", otherSettings(c), ownerCommand(c))
	}
	if open.metrics != nil {
		fmt.Fprintf(&b, "Metrics on http://%s/metrics\n", open.metrics.Addr())
	}
	fmt.Fprintf(&b, "People and devices reach this server at %s\n", c.BaseURL)
	fmt.Fprintf(&b, "Listening on %s://%s\n", c.scheme(), open.main.Addr())
	_, err = io.WriteString(out, b.String())
	return err
}

func ownerCommand(c *settled) string {
	words := []string{os.Args[0], "admin", "create-owner", "--data-dir", c.DataDir}
	if c.origins["KEK"] != originDefault {
		words = append(words, "--kek", c.KEK)
	}
	for i, w := range words {
		words[i] = shellWord(w)
	}
	return strings.Join(words, " ") + ` --email you@example.com --name "Your Name" --tenant "Your Company" --password-file -`
}

// fromElsewhere says how the setup link is opened on another machine than the server's, which a loopback name is of no use to.
func fromElsewhere(c *settled) string {
	u, err := url.Parse(c.BaseURL)
	if err != nil || !loopback(u.Hostname()) || u.Port() == "" {
		return ""
	}
	return fmt.Sprintf("Your browser is on another machine? Run this there first, and leave it open:\n  ssh -L %s:localhost:%[1]s NAME-OF-THIS-MACHINE\n", u.Port())
}

// otherSettings says that the database has to be named too; its URL is a secret and not repeated.
func otherSettings(c *settled) string {
	if c.origins["DATABASE_URL"] == originDefault {
		return ""
	}
	return " and with its IGNISFOX_DATABASE_URL"
}

func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-:+@%,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// sqlitePath answers the file of a SQLite database, empty for PostgreSQL.
func sqlitePath(c *config) string {
	path, ok := strings.CutPrefix(c.DatabaseURL.Reveal(), "sqlite:")
	if !ok {
		return ""
	}
	return path
}

// kekAbsent says whether the KEK file is not there yet, so that one made at this start can be told of.
func kekAbsent(c *config) bool {
	path, ok := strings.CutPrefix(c.KEK, "file:")
	if !ok {
		return false
	}
	_, err := os.Lstat(path)
	return errors.Is(err, os.ErrNotExist)
}
