package push

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
)

// formFields are what can be changed of a target, by the names of the fields.
var formFields = []string{"name", "group", "tags", "networks", "expires", "preset"}

// faultFields are their names in faults, where they have another.
var faultFields = map[string]string{"networks": "settings.allowed_cidrs", "expires": "settings.expires_at", "preset": "settings.pfx_preset"}

// field answers one by its name.
func (f *form) field(name string) *string {
	return map[string]*string{
		"name": &f.Name, "group": &f.Group, "tags": &f.Tags, "networks": &f.Networks, "expires": &f.Expires, "preset": &f.Preset,
	}[name]
}

// readWas answers what the form showed first. What it does not say is as it is now.
func readWas(rq *kit.Request, now form) form {
	sent := readFields(rq, "was.")
	for _, name := range formFields {
		if _, ok := rq.PostForm["was."+name]; ok {
			*now.field(name) = *sent.field(name)
		}
	}
	return now
}

// overlaps is fault Conflict when something that the form changes was changed by somebody else since it was drawn.
func (f form) overlaps(was, now form, t target.Target) error {
	wrong := fault.New(fault.Conflict, "changed_meanwhile", "Somebody else changed this target while the form was open. Look at the fields below, then save again to have them as they stand.")
	now.Group, was.Group, f.Group = named(now.Group, t), named(was.Group, t), named(f.Group, t)
	for _, name := range formFields {
		is := *now.field(name)
		if mine := *f.field(name); mine == *was.field(name) || is == *was.field(name) || is == mine {
			continue
		}
		if is == "" {
			is = "empty"
		}
		advice := "It is now: " + is
		if to := faultFields[name]; to != "" {
			name = to
		}
		wrong = wrong.Field(name, advice)
	}
	if len(wrong.Fields) == 0 {
		return nil
	}
	return wrong
}

// named answers the name of the target's own group, and any other as it is.
func named(groupID string, t target.Target) string {
	if groupID == t.Group {
		return t.GroupName
	}
	return groupID
}

// onto answers the form with what it left alone as it is now.
func (f form) onto(was, now form) form {
	for _, name := range formFields {
		if *f.field(name) == *was.field(name) {
			*f.field(name) = *now.field(name)
		}
	}
	return f
}
