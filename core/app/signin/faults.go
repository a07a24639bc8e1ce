package signin

import "github.com/ignisfox/ignisfox/core/fault"

// One answer for each of these, whatever the reason was: somebody who guesses learns nothing.
var (
	errWrongCredentials = fault.New(fault.Unauthenticated, "wrong_credentials", "E-mail or password is wrong.")
	errSignedOut        = fault.New(fault.Unauthenticated, "signed_out", "Sign in to go on.")
	errSignInAgain      = fault.New(fault.Unauthenticated, "sign_in_again", "This sign-in is over. Begin again with your password.")
	errWrongCode        = fault.New(fault.Unauthenticated, "wrong_code", "The code is wrong or was used already.").
				Field("code", "Give the newest code of your app, or a recovery code that you have not used.")
	errPasskeyRefused = fault.New(fault.Unauthenticated, "passkey_refused", "The passkey was not accepted. Try again.")
	errSetupLinkDead  = fault.New(fault.NotFound, "setup_link_dead",
		"This setup link is used, too old or not known. Restart the server for a new one; when somebody has set it up, sign in.")
	errInviteDead   = fault.New(fault.NotFound, "invite_dead", "This invite is used, too old or withdrawn. Ask for a new one.")
	errSignUpClosed = fault.New(fault.NotFound, "sign_up_closed", "Nobody can sign up here. Ask for an invite.")
)

var (
	errWrongPassword = fault.New(fault.Invalid, "wrong_password", "The password is wrong.").
				Field("password", "Give the password that you sign in with.")
	errSetUp         = fault.New(fault.Conflict, "set_up", "There is an account already. Sign in.")
	errSignInFirst   = fault.New(fault.Conflict, "sign_in_first", "This address has an account. Sign in, then accept the invite.")
	errFactorNeeded  = fault.New(fault.Conflict, "second_factor_required", "You must have a second factor, and this is the last one. Add another first.")
	errNoFactor      = fault.New(fault.Conflict, "no_second_factor", "Add an authenticator app or a passkey first.")
	errNoWorkspace   = fault.New(fault.NotFound, "no_workspace", "You are in no workspace.")
	errPlatformAdmin = fault.New(fault.Conflict, "is_platform_admin", "A platform admin cannot delete their own account.")
	errStillMember   = fault.New(fault.Conflict, "is_member", "You are in a workspace. Leave or delete it first.")
)
