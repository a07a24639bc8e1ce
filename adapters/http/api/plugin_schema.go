package api

import "github.com/ignisfox/ignisfox/sdk/schema"

// SettingField describes one setting, with the names that plugins use.
type SettingField struct {
	Name        string                  `json:"name" doc:"Name of the member in settings."`
	Type        string                  `json:"type" enum:"string,text,int,bool,enum,host,port,path,mode,command,url,duration,strings,object,time" doc:"Its form."`
	Title       string                  `json:"title" doc:"What it is called for people."`
	Help        string                  `json:"help" doc:"What it does."`
	Placeholder string                  `json:"placeholder" doc:"An example."`
	Section     string                  `json:"section" doc:"Fields of one section stand together."`
	Required    bool                    `json:"required" doc:"It must be given, when it applies."`
	Secret      bool                    `json:"secret" doc:"It is stored sealed and never answered again."`
	Destination bool                    `json:"destination" doc:"It says where secrets are sent: whoever changes it must give them again."`
	Default     any                     `json:"default" doc:"What counts when it is left out; null for nothing."`
	Options     []SettingOption         `json:"options" doc:"For enum: the values."`
	Min         *int64                  `json:"min" doc:"For int: the smallest."`
	Max         *int64                  `json:"max" doc:"For int: the greatest."`
	MaxLen      int                     `json:"max_len" doc:"Bytes of a text at most; 0 for the usual bound."`
	Pattern     string                  `json:"pattern" doc:"Regular expression (RE2) of the whole value."`
	PatternHelp string                  `json:"pattern_help" doc:"The same in words."`
	When        Maybe[SettingCondition] `json:"when" doc:"When it applies; null for always."`
	Fields      []SettingField          `json:"fields" doc:"For object: its fields."`
}

// SettingOption is one value of an enum.
type SettingOption struct {
	Value string `json:"value" doc:"The value."`
	Title string `json:"title" doc:"What it is called for people."`
}

// SettingCondition holds when the field beside has one of the values.
type SettingCondition struct {
	Field string   `json:"field" doc:"Name of the field beside it."`
	In    []string `json:"in" doc:"The values; * for any."`
}

func fieldsOf(fields []schema.Field) []SettingField {
	out := make([]SettingField, 0, len(fields))
	for _, f := range fields {
		one := SettingField{
			Name: f.Name, Type: string(f.Type), Title: f.Title, Help: f.Help, Placeholder: f.Placeholder, Section: f.Section, Required: f.Required,
			Secret: f.Secret, Destination: f.Destination, Default: f.Default, Options: []SettingOption{}, Min: f.Min, Max: f.Max, MaxLen: f.MaxLen,
			Pattern: f.Pattern, PatternHelp: f.PatternHelp, Fields: fieldsOf(f.Fields),
		}
		for _, o := range f.Options {
			one.Options = append(one.Options, SettingOption{o.Value, o.Title})
		}
		if f.When != nil {
			one.When = maybe(&SettingCondition{f.When.Field, list(f.When.In)})
		}
		out = append(out, one)
	}
	return out
}
