// Command ignisfox is the server and its operator's commands in one binary.
//
//	ignisfox serve                                  the server
//	ignisfox admin create-owner --email E …         an owner without a browser
//	ignisfox admin reset-password --email E …       for when no mail is configured
//	ignisfox admin token --email E --tenant T …     an API token on standard output
//	ignisfox rotate-kek [--stage | --prune]         a new key-encryption key
//	ignisfox version
//
// Settings come from flags, IGNISFOX_… variables and a file, in this order of strength; settings.go holds the one table
// of them, from which docs/configuration.md is generated. Everything is wired in wire.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/ignisfox/ignisfox/core/fault"
)

type cli struct {
	kong.Plugins

	Serve       serveCmd       `cmd:"" help:"Run the server."`
	Admin       adminCmd       `cmd:"" help:"Make accounts and tokens, also beside a running server."`
	RotateKEK   rotateCmd      `cmd:"" name:"rotate-kek" help:"Make a new key-encryption key and wrap all data keys with it, also beside a running server."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
	SettingsDoc settingsDocCmd `cmd:"" name:"settings-doc" hidden:"" help:"Print docs/configuration.md."`
}

func main() { os.Exit(run(os.Args[1:])) }

// run answers the exit status: 0, 1 for a failure, 2 for a command line that cannot be read.
func run(args []string) int {
	var c cli
	flags := newSettingFlags()
	c.Plugins = kong.Plugins{flags.value.Interface()}
	parser, err := kong.New(&c, kong.Name("ignisfox"),
		kong.Description("Keeps certificates and keys, and hands them to the servers that need them."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ExplicitGroups([]kong.Group{{Key: "settings", Title: "Settings (also by environment and file, see docs/configuration.md):"}}))
	if err != nil {
		fmt.Fprintln(os.Stderr, "ignisfox:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ignisfox:", redact(err.Error()))
		fmt.Fprintln(os.Stderr, "Run ignisfox --help for the commands and flags.")
		return 2
	}
	ctx, cancel := interruptible()
	defer cancel()

	command.BindTo(ctx, (*context.Context)(nil))
	command.BindTo(os.Stdout, (*io.Writer)(nil))
	command.Bind(flags.sources(os.Environ()))
	if err := command.Run(); err != nil {
		explain(os.Stderr, err)
		return 1
	}
	return 0
}

// interruptible answers a context that the first SIGINT or SIGTERM ends. By then the second has its deadly default back.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
		case <-ctx.Done():
		}
		signal.Reset(os.Interrupt, syscall.SIGTERM)
		cancel()
	}()
	return ctx, cancel
}

// explain prints an error for the person at the terminal: the words, the advice, and the cause where there is one.
func explain(w io.Writer, err error) {
	var start startFailure
	if errors.As(err, &start) {
		err = start.error
	}
	var f *fault.Fault
	if !errors.As(err, &f) {
		fmt.Fprintln(w, "ignisfox:", redact(err.Error()))
		return
	}
	fmt.Fprintf(w, "ignisfox: %s (%s)\n", redact(f.Message), f.Code)
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		fmt.Fprintf(w, "  %s: %s\n", name, redact(f.Fields[name]))
	}
	if inner := f.Unwrap(); inner != nil {
		fmt.Fprintln(w, "  cause:", redact(inner.Error()))
	}
}

// startFailure marks an error of something that was being built, so that it is told without the wiring around it.
type startFailure struct{ error }

func (e startFailure) Unwrap() error { return e.error }
