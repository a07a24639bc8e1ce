package part

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	domain "github.com/ignisfox/ignisfox/core/group"
)

// groupStories are those of the choice of a group.
func groupStories() []story.Story {
	v := change(func(*view.View) {})
	few := Groups{Items: []domain.Group{{ID: "grp_1", Name: "edge"}, {ID: "grp_2", Name: hostile}}}
	many := few
	many.More = true
	p := GroupProps{Label: "Group", Name: "group", Hint: "Those with a key.", None: "Choose a group"}
	of := func(g Groups, fn func(*GroupProps)) GroupProps {
		p := p
		p.Groups = g
		fn(&p)
		return p
	}
	return []story.Story{
		{Name: "group-few", Component: GroupField(v, of(few.Choose("EDGE"), func(p *GroupProps) { p.Required = true }))},
		{Name: "group-many", Component: GroupField(v, of(many.Choose("grp_2"), func(p *GroupProps) { p.Required, p.Keyed, p.Error = true, true, "Choose one." }))},
		{Name: "group-free", Component: GroupField(v, of(few.Choose("grp_2").Typed(), func(p *GroupProps) { p.Free = true }))},
		{Name: "group-bare-few", Component: GroupField(v, of(few, func(p *GroupProps) { p.Bare, p.None = true, "All groups" }))},
		{Name: "group-bare-many", Component: GroupField(v, of(many.Choose("edge"), func(p *GroupProps) { p.Bare, p.None = true, "All groups" }))},
	}
}
