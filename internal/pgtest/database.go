package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// SuperURL answers the URL of the maintenance database as the superuser.
func (s *Server) SuperURL() string { return s.urlOf(superuser, "postgres") }

// NewDatabase makes a database owned by a new plain role (no superuser, no BYPASSRLS, no right to make databases or roles) and
// answers its URL and a function that drops both, ending connections that are still open.
func (s *Server) NewDatabase(ctx context.Context) (plain string, drop func(context.Context) error, err error) {
	name := "t_" + strings.ToLower(rand.Text())
	err = s.admin(ctx,
		"CREATE ROLE "+name+" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION",
		"CREATE DATABASE "+name+" OWNER "+name)
	if err != nil {
		return "", nil, err
	}
	drop = func(ctx context.Context) error {
		return s.admin(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)", "DROP ROLE IF EXISTS "+name)
	}
	return s.urlOf(name, name), drop, nil
}

func (s *Server) urlOf(role, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Host: "127.0.0.1:" + strconv.Itoa(s.port), Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// admin runs statements one by one as the superuser.
func (s *Server) admin(ctx context.Context, statements ...string) (err error) {
	conn, err := pgx.Connect(ctx, s.SuperURL())
	if err != nil {
		return fmt.Errorf("pgtest: connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("pgtest: %s: %w", statement, err)
		}
	}
	return nil
}
