package push

import (
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/target"
)

// pulled answers the ways in which devices fetch.
func (h *handlers) pulled() part.Kinds {
	var out part.Kinds
	for _, k := range h.Push.Kinds() {
		out = append(out, part.Kind{Type: k.Type, Title: k.Title, Text: k.Text, Icon: kindIcon(k.Type)})
	}
	return out
}

// kinds answers what a target can be made of now.
func (h *handlers) kinds() part.Kinds {
	if h.Deployed == nil {
		return h.pulled()
	}
	return slices.Concat(h.pulled(), h.Deployed.Kinds())
}

// known answers what targets may be of, also while it does not work.
func (h *handlers) known() part.Kinds {
	if h.Deployed == nil {
		return h.pulled()
	}
	return slices.Concat(h.pulled(), h.Deployed.Known())
}

// deploys says whether the form of a new target is about one that we deploy to.
func (h *handlers) deploys(rq *kit.Request) bool {
	t := target.Type(rq.Text("type"))
	return h.Deployed != nil && t != target.TypePull && slices.ContainsFunc(h.Deployed.Kinds(), func(k part.Kind) bool { return k.Type == t })
}
