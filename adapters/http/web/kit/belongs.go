package kit

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// A session has one workspace, and a browser may show pages of several: one tab stays where it was when another one changes
// to a workspace, or signs in as somebody else. So every form that is sent to somebody signed in says whose page it is on,
// and what it sends does nothing anywhere else. Our script says it of the page in a header, for what is no form.
const (
	viewField  = "view"
	viewHeader = "X-View"
)

// codeOtherView is the fault of a request of a page that is not of this sign-in or workspace.
const codeOtherView = "other_workspace"

// viewOf answers what the pages of a person in a workspace carry. It is no secret, and grants nothing.
func viewOf(u tenant.UserID, in tenant.ID) string {
	const enough = 8 // bytes: there are few to be told apart, and nobody gains by making two alike
	sum := sha256.Sum256([]byte(string(u) + "\x00" + string(in)))
	return hex.EncodeToString(sum[:enough])
}

func viewOfWho(w signin.Who) string { return viewOf(w.User, w.Workspace.ID) }

// SameView refuses what comes from a page of another workspace or sign-in than the session is of now. view is the form's
// field of that name; empty for none, which is what programs send. Only handlers that read the body themselves ask: for all
// others the guard has. Fault Conflict, code other_workspace.
func (rq *Request) SameView(view string) error {
	if view == "" || rq.route.AnyView || view == viewOfWho(rq.Who) {
		return nil
	}
	if err := rq.findWorkspaces(); err != nil {
		return err
	}
	from := "another sign-in or workspace"
	for _, m := range rq.View.Workspaces {
		if viewOf(rq.Who.User, m.Tenant.ID) == view {
			from = m.Tenant.Name
		}
	}
	now := "signed in as " + rq.Who.Person.Email + ", in no workspace,"
	if rq.Who.Workspace.Name != "" {
		now = "in " + rq.Who.Workspace.Name
	}
	return fault.New(fault.Conflict, codeOtherView, "This page belongs to "+from+"; you are "+now+" now. Nothing was changed.")
}

// fromHere asks SameView about the header and the fields of the form.
func (rq *Request) fromHere() error {
	views := rq.Header.Values(viewHeader)
	if rq.Method == http.MethodPost {
		views = append(views[:len(views):len(views)], rq.PostForm[viewField]...)
	}
	for _, v := range views {
		if err := rq.SameView(v); err != nil {
			return err
		}
	}
	return nil
}

// otherView is what the page says whose form was not taken: where it belongs, and how to go on here.
func (rq *Request) otherView(p part.Problem) part.Problem {
	p.Title, p.Link, p.Href = "This page is of another workspace", "Load it again", "/dashboard"
	if to := rq.comeBack(); to != "" && rq.ID() == "" { // what has an id is nowhere else
		p.Href = to
	}
	return p
}
