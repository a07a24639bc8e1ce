// Package groupchoice reads what a part.GroupField offers, and answers it while somebody types.
//
//	groupchoice.Register(k, vault)
//	g, err := groupchoice.Read(rq, vault, groupchoice.Want{Value: rq.Text("group")})
//	// part.GroupField(v, part.GroupProps{Label: "Group", Name: "group", Groups: g})
package groupchoice

import (
	"net/http"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Most is how many groups a choice offers; where there are more one types the name.
const Most = 50

// Want says which groups are to be chosen from.
type Want struct {
	Value string // what is chosen now: id or name, or what was typed
	Keyed bool   // only those whose current generation holds a key
	Free  bool   // the field is typed into, whatever there is: part.GroupProps.Free
}

// Register adds the route that answers names.
func Register(k *kit.Kit, svc *vault.Service) {
	k.Get(part.NamesOfGroups, "", tenant.GroupRead, func(rq *kit.Request) error {
		g, err := find(rq, svc, typed(rq), rq.Text("keyed") != "")
		if err != nil {
			return err
		}
		return rq.Render(http.StatusOK, part.GroupOptions(g))
	})
}

// typed answers what stands in the field that asks, whatever its name is.
func typed(rq *kit.Request) string {
	for name, values := range rq.URL.Query() {
		if name != "keyed" {
			return strings.TrimSpace(values[0])
		}
	}
	return ""
}

// Read answers the groups to choose from. A group that is chosen by its id is among them, unless it lacks the key that is wanted.
func Read(rq *kit.Request, svc *vault.Service, want Want) (part.Groups, error) {
	g, err := find(rq, svc, "", want.Keyed)
	if err != nil {
		return g, err
	}
	if g = g.Choose(want.Value); g.Value == want.Value && strings.HasPrefix(want.Value, "grp_") && id.Valid(want.Value) {
		switch one, err := svc.Group(rq.Context(), rq.Who.Actor, want.Value); {
		case err != nil && fault.KindOf(err) != fault.NotFound: // else it is gone, and what is chosen says so
			return g, err
		case err != nil:
		case g.More || want.Free:
			g.Value = one.Name
		case !want.Keyed:
			g = g.With(one)
		}
	}
	if want.Free {
		g = g.Typed()
	}
	return g, nil
}

// find answers the groups with a word that begins so.
func find(rq *kit.Request, svc *vault.Service, word string, keyed bool) (part.Groups, error) {
	page, err := svc.Groups(rq.Context(), rq.Who.Actor, group.Query{Word: strings.ToLower(word), Sort: group.SortName, Keyed: keyed, Brief: true, Limit: Most})
	return part.Groups{Items: page.Items, More: page.Next != ""}, err
}
