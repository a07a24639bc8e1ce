package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/secret"
)

type adminCmd struct {
	CreateOwner   createOwnerCmd   `cmd:"" help:"Make an owner of a workspace, and the workspace when it is not there."`
	ResetPassword resetPasswordCmd `cmd:"" help:"Give an account a new password."`
	Token         tokenCmd         `cmd:"" help:"Make an API token and print it, and nothing else, on standard output."`
}

type createOwnerCmd struct {
	Email        string `required:"" help:"E-mail address to sign in with."`
	Name         string `required:"" help:"Name of the person."`
	Tenant       string `required:"" help:"Name of the workspace; made when there is none."`
	PasswordFile string `required:"" placeholder:"FILE" help:"File with the password; - reads standard input, unseen when that is a terminal."`
	Admin        bool   `help:"Make the account a platform admin. The first account ever is one without this."`
	Add          bool   `help:"The workspace may have an owner already, and the address an account (whose name and password stay)."`
}

// Run makes the owner. What was made is told on standard error.
func (cmd createOwnerCmd) Run(ctx context.Context, src sources) error {
	password, err := readPassword(ctx, cmd.PasswordFile)
	if err != nil {
		return err
	}
	return operate(ctx, src, making, func(s *account.Service) error {
		owner, err := s.CreateOwner(ctx, account.NewOwner{
			Email: cmd.Email, Name: cmd.Name, Tenant: cmd.Tenant, Password: password, Admin: cmd.Admin, Add: cmd.Add,
		})
		if err != nil {
			return err
		}
		what := "The account is an owner of the workspace."
		if owner.NewTenant {
			what = "The workspace is made, and the account is its owner."
		}
		if !owner.NewUser {
			what += " The account was there before: its name and password stay as they were."
		}
		if owner.Platform {
			what += " It is a platform admin."
		}
		fmt.Fprintln(os.Stderr, what)
		return nil
	})
}

type resetPasswordCmd struct {
	Email        string `required:"" help:"E-mail address of the account."`
	PasswordFile string `required:"" placeholder:"FILE" help:"File with the new password; - reads standard input, unseen when that is a terminal."`

	RemoveSecondFactors bool `help:"Also remove the authenticator app, the passkeys and the recovery codes."`
	RevokeTokens        bool `help:"Also revoke the API tokens of the account, and the open invites it made, in all workspaces."`
}

// Run sets the password, and says by what else the account can still be entered.
func (cmd resetPasswordCmd) Run(ctx context.Context, src sources) error {
	password, err := readPassword(ctx, cmd.PasswordFile)
	if err != nil {
		return err
	}
	return operate(ctx, src, making, func(s *account.Service) error {
		was, err := s.ResetPassword(ctx, account.PasswordReset{
			Email: cmd.Email, Password: password, RemoveSecondFactors: cmd.RemoveSecondFactors, RevokeTokens: cmd.RevokeTokens,
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "The password is changed, and the account is signed out everywhere.")
		factors, others := waysIn(was)
		tell := func(what string, gone bool, flag string) {
			switch {
			case what == "":
			case gone:
				fmt.Fprintf(os.Stderr, "Removed: %s.\n", what)
			default:
				fmt.Fprintf(os.Stderr, "Still there: %s. If somebody else got in, run this again with %s.\n", what, flag)
			}
		}
		tell(factors, cmd.RemoveSecondFactors, "--remove-second-factors")
		tell(others, cmd.RevokeTokens, "--revoke-tokens")
		return nil
	})
}

// waysIn says in words what an account had beside its password; empty for nothing.
func waysIn(was account.Access) (factors, others string) {
	count := func(n int, one, many string) string {
		switch n {
		case 0:
			return ""
		case 1:
			return "1 " + one
		}
		return strconv.Itoa(n) + " " + many
	}
	app := ""
	if was.Authenticator {
		app = "an authenticator app"
	}
	list := func(parts ...string) string {
		return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
	}
	return list(app, count(was.Passkeys, "passkey", "passkeys"), count(was.RecoveryCodes, "recovery code", "recovery codes")),
		list(count(was.Tokens, "API token", "API tokens"), count(was.Invites, "open invite", "open invites"))
}

type tokenCmd struct {
	Email  string   `required:"" help:"E-mail address of the member the token acts for."`
	Tenant string   `required:"" help:"Name of the workspace."`
	Name   string   `required:"" help:"What to call the token in lists."`
	Scope  []string `enum:"read,write,export" help:"read, write or export; repeat for several. Without any: read and write. Only export lets keys out."`
}

// Run prints the token.
func (cmd tokenCmd) Run(ctx context.Context, src sources, out io.Writer) error {
	return operate(ctx, src, making, func(s *account.Service) error {
		raw, err := s.IssueToken(ctx, account.OperatorToken{
			Email: cmd.Email, Tenant: cmd.Tenant, Name: cmd.Name, Scopes: cmd.Scope,
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, raw.Reveal())
		return err
	})
}

const passwordMax = 4 << 10 // bytes; the account's own bound is tighter

// readPassword reads a password from a file, or from standard input for "-", without the line break at its end. From a
// terminal it reads one line, unseen.
func readPassword(ctx context.Context, path string) (secret.String, error) {
	in := os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return secret.String{}, fmt.Errorf("the password file cannot be read: %w", cause(err))
		}
		defer func() { _ = f.Close() }()
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() && st.Mode().Perm()&0o044 != 0 {
			fmt.Fprintln(os.Stderr, "ignisfox: other users of this machine can read the password file; remove it, or run chmod 600 on it.")
		}
		in = f
	}
	var b []byte
	var err error
	if in == os.Stdin && isTerminal(in) {
		b, err = readHidden(ctx, in, os.Stderr, passwordMax)
	} else {
		b, err = readAtMost(in, passwordMax)
	}
	if err != nil {
		return secret.String{}, fmt.Errorf("the password cannot be read: %w", err)
	}
	defer clear(b)
	p := bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	if len(p) == 0 {
		return secret.String{}, errors.New("the password is empty")
	}
	return secret.NewString(string(p)), nil
}
