package vault

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
)

// chosen answers the rows that a form names, each once.
func chosen(rq *kit.Request) []artifact.ID {
	seen := map[string]bool{}
	var out []artifact.ID
	for _, s := range rq.Texts("id") {
		if !seen[s] {
			seen[s] = true
			out = append(out, artifact.ID(s))
		}
	}
	return out
}

// named answers the rows that the address or the form names.
func named(rq *kit.Request) []artifact.ID {
	if rq.ID() != "" {
		return []artifact.ID{artifact.ID(rq.ID())}
	}
	return chosen(rq)
}

// rows reads them. They are as many as one page can show. Those that went since they were chosen are left out and counted;
// fault NotFound when none is left.
func (h *handlers) rows(rq *kit.Request) (list []artifact.Artifact, gone int, err error) {
	ids := named(rq)
	if err := fewEnough(ids); err != nil {
		return nil, 0, err
	}
	for _, id := range ids {
		switch a, err := h.Vault.Get(rq.Context(), rq.Who.Actor, id); {
		case err == nil:
			list = append(list, a)
		case fault.KindOf(err) != fault.NotFound || rq.ID() != "":
			return nil, 0, err
		default:
			gone++
		}
	}
	if len(list) == 0 {
		return nil, gone, fault.New(fault.NotFound, "not_found", "None of the rows you chose is in the vault any more.")
	}
	return list, gone, nil
}

func idsOf(list []artifact.Artifact) []artifact.ID {
	out := make([]artifact.ID, 0, len(list))
	for _, a := range list {
		out = append(out, a.ID)
	}
	return out
}

// fewEnough says what is wrong with a form without rows, or with too many.
func fewEnough(ids []artifact.ID) error {
	if len(ids) == 0 || len(ids) > vault.ManyMax {
		return fault.New(fault.Invalid, "bad_ids", "Choose between 1 and 200 rows in the table first.")
	}
	return nil
}
