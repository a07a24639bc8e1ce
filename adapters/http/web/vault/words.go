package vault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/target"
)

// crumbsTo are the pages above a form about a row.
func crumbsTo(a artifact.Artifact) []part.Crumb {
	return append(rowCrumbs(a), part.Crumb{Title: a.Name, Href: rowPath(a)})
}

// backFrom answers what is above the form at path: the page of its row, or the table.
func backFrom(path string) string { return path[:strings.LastIndexByte(path, '/')] }

// these names rows: by name when it is one.
func these(list []artifact.Artifact) string {
	if len(list) == 1 {
		return list[0].Name
	}
	return counted(len(list))
}

func counted(n int) string {
	if n == 1 {
		return "it"
	}
	return view.Count(n, "item")
}

func them(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// goneWords says that rows which were chosen are not there any more.
func goneWords(gone, left int) string {
	out := view.Count(gone, "row") + " you chose "
	if gone == 1 {
		out += "is"
	} else {
		out += "are"
	}
	return out + " not in the vault any more. This is about the " + view.Count(left, "row") + " left."
}

// lossTitle says what becomes of a group's current generation.
func lossTitle(l vault.GroupLoss) string {
	switch l.What {
	case intake.LostGeneration:
		return l.Name + " has nothing current any more"
	case intake.LostKey:
		return l.Name + " loses its key"
	default:
		return l.Name + " goes on with another chain"
	}
}

// lossText says what the devices of a group get then. Those that we deploy to are told of apart: they fetch nothing.
func lossText(l vault.GroupLoss) string {
	var fetch, deployed []target.Target
	for _, t := range l.Targets {
		if t.Deploy != nil {
			deployed = append(deployed, t)
		} else {
			fetch = append(fetch, t)
		}
	}
	if len(deployed) == 0 {
		return lossOfFetching(l.What, targetNames(fetch, l.Bound), l.Bound)
	}
	out := lossOfDeployed(l.What, targetNames(deployed, len(deployed)), len(deployed))
	if len(fetch) > 0 {
		out = lossOfFetching(l.What, targetNames(fetch, len(fetch)), len(fetch)) + " " + out
	}
	if more := l.Bound - len(l.Targets); more > 0 {
		out += " So it is with " + strconv.Itoa(more) + " more."
	}
	return out
}

func lossOfFetching(what, who string, n int) string {
	get := " get "
	if n == 1 {
		get = " gets "
	}
	switch what {
	case intake.LostGeneration:
		return who + get + "404 at the next fetch."
	case intake.LostKey:
		return who + get + "the certificate alone; key, bundle and PFX are answered with 404."
	default:
		return who + get + "it with what is left of the chain at the next fetch."
	}
}

func lossOfDeployed(what, who string, n int) string {
	if what == intake.LostGeneration || what == intake.LostKey {
		if n == 1 {
			return who + " keeps what it has, and nothing is deployed to it."
		}
		return who + " keep what they have, and nothing is deployed to them."
	}
	if n == 1 {
		return who + " is deployed to, with what is left of the chain."
	}
	return who + " are deployed to, with what is left of the chain."
}

// boundTo answers the groups with targets, and those without; the former come first in list.
func boundTo(list []vault.GroupLoss) (bound, free []vault.GroupLoss) {
	n := slices.IndexFunc(list, func(l vault.GroupLoss) bool { return l.Bound == 0 })
	if n < 0 {
		n = len(list)
	}
	return list[:n], list[n:]
}

// noticed says how many groups have devices that would notice.
func noticed(groups int) string { return "Devices of " + view.Count(groups, "group") + " would notice" }

const targetsFirst = 5

func targetNames(list []target.Target, all int) string {
	var out []string
	for _, t := range list[:min(len(list), targetsFirst)] {
		out = append(out, t.Name)
	}
	if more := all - len(out); more > 0 && len(out) > 0 {
		return strings.Join(out, ", ") + " and " + strconv.Itoa(more) + " more"
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}

// lostWords says what one generation loses.
func lostWords(l intake.Lost) string {
	g := fmt.Sprintf("%s, generation %d", l.GroupName, l.Number)
	switch {
	case l.What == intake.LostKey:
		return g + " loses its key."
	case l.What == intake.LostLink:
		return g + " is followed by one with a shorter chain."
	case l.Current:
		return g + " is deleted."
	default:
		return g + " is deleted: there is no rolling back to it."
	}
}
