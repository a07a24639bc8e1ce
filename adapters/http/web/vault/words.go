package vault

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
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

// choosing offers the values of a datalist in a field.
func choosing(id string) templ.Attributes { return templ.Attributes{"list": id} }

// usesOf answers what a fault in_use says of each generation, in order.
func usesOf(err error) []string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return nil
	}
	var keys, out []string
	for k := range f.Fields {
		if strings.HasPrefix(k, "use_") {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	for _, k := range keys {
		out = append(out, f.Fields[k])
	}
	return out
}

// lossTitle says what becomes of a group's current generation.
func lossTitle(l vault.GroupLoss) string {
	switch {
	case l.After.Current == 0:
		return l.Before.Name + " has nothing current any more"
	case l.Before.HasKey && !l.After.HasKey:
		return l.Before.Name + " loses its key"
	default:
		return fmt.Sprintf("%s goes on with generation %d", l.Before.Name, l.After.Current)
	}
}

func lossText(l vault.GroupLoss) string {
	if l.Before.Targets == 0 {
		return "No target is bound to it."
	}
	who := targetNames(l.Targets, l.Before.Targets)
	switch {
	case l.After.Current == 0:
		return who + " get 404 at the next fetch."
	case l.Before.HasKey && !l.After.HasKey:
		return who + " get the certificate alone; key, bundle and PFX are answered with 404."
	default:
		return who + " get it with a shorter chain at the next fetch."
	}
}

const targetsFirst = 5

func targetNames(list []target.Target, all int) string {
	var out []string
	for _, t := range list[:min(len(list), targetsFirst)] {
		out = append(out, t.Name)
	}
	if more := all - len(out); more > 0 {
		out = append(out, strconv.Itoa(more)+" more")
	}
	return strings.Join(out, ", ")
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
