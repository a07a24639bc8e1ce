//go:build !passkeys

package webtest

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/ports"
)

// passkeys are absent until their library is among the dependencies.
func passkeys(testing.TB, string, func() time.Time) ports.Passkeys { return nil }
