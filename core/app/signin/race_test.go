package signin_test

import (
	"fmt"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Nobody who gave the old password is in once it was reset, also when both happen at the same moment, and the person is in no
// workspace whose trail would keep the two apart.
func TestAResetLeavesNoSessionOfTheOldPassword(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.notTheFirst(t)
		out, err := d.SignUp(ctx, signin.NewPerson{Name: "Kim", Email: "kim@example.com", Password: pw(password)}, here)
		ok(t, err)
		old := password
		for round := range 20 {
			next := fmt.Sprintf("battery staple %d", round)
			for i, err := range atOnce(8, func(i int) error {
				if i == 4 {
					_, err := d.accounts.ResetPassword(ctx, account.PasswordReset{Email: "kim@example.com", Password: pw(next)})
					return err
				}
				_, err := d.SignIn(ctx, "kim@example.com", pw(old), here)
				return err
			}) {
				if err != nil && (i == 4 || fault.CodeOf(err) != "wrong_credentials") {
					t.Fatal(err)
				}
			}
			var left []tenant.Session
			ok(t, d.store.Platform().View(ctx, func(tx ports.PlatformTx) (err error) {
				left, err = tx.Sessions().List(ctx, out.Session.User)
				return err
			}))
			if len(left) != 0 {
				t.Fatalf("round %d: %d sessions of the old password are alive", round, len(left))
			}
			old = next
		}
	})
}
