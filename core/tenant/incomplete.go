package tenant

// Incomplete says whether somebody should look at their profile: they have no name, or they own a workspace whose name
// and time zone no owner has confirmed yet.
func Incomplete(name string, role Role, workspace Tenant) bool {
	return name == "" || role == Owner && workspace.ConfirmedAt.IsZero()
}
