package signin

import (
	"context"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/secret"
)

// hashNew is Passwords.Hash for a password that somebody chooses: it is not made of what everybody knows about them.
func (s *Service) hashNew(ctx context.Context, password secret.String, about ...string) (string, error) {
	if err := people.CheckPassword(password, about...); err != nil {
		return "", err
	}
	return s.Passwords.Hash(ctx, password)
}
