package main

import (
	"reflect"
	"strings"
)

// settingFlags is a structure with one *string field per setting and form, built from the table, that kong reads flags
// into. A flag that was not given leaves nil.
type settingFlags struct {
	names []string // environment names, by field
	value reflect.Value
}

func newSettingFlags() *settingFlags {
	f := &settingFlags{}
	var fields []reflect.StructField
	add := func(env, help, placeholder string, hidden bool) {
		flag := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(env, envPrefix)), "_", "-")
		tag := `name:"` + flag + `" group:"settings" help:"` + escapeTag(help) + `" placeholder:"` + placeholder + `"`
		if hidden {
			tag += ` hidden:""`
		}
		f.names = append(f.names, env)
		fields = append(fields, reflect.StructField{
			Name: "F" + env, Type: reflect.TypeFor[*string](), Tag: reflect.StructTag(tag),
		})
	}
	add(configEnv, "File with settings, lines of KEY = value.", "FILE", false)
	for _, s := range settings {
		word := strings.ToUpper(s.kind[strings.LastIndexByte(s.kind, ' ')+1:])
		add(s.env(), s.flagHelp(), word, s.later)
		if s.secret {
			add(s.env()+fileSuffix, "File that holds "+s.env()+".", "FILE", s.later)
		}
	}
	f.value = reflect.New(reflect.StructOf(fields))
	return f
}

// flagHelp is one line for --help.
func (s setting) flagHelp() string {
	text := s.help
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i+1]
	}
	def := s.def
	if def == "" {
		def = s.shown
	}
	return strings.ReplaceAll(text+" Default: "+def+".", "`", "")
}

// escapeTag makes text safe inside a quoted struct tag; kong would also read ${…} as a variable.
func escapeTag(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", "$$").Replace(s)
}

// sources answers what was given by flags, with the rest of where settings come from.
func (f *settingFlags) sources(environ []string) sources {
	src := sources{flags: map[string]string{}, environ: environ}
	for i, name := range f.names {
		p := f.value.Elem().Field(i).Interface().(*string)
		switch {
		case p == nil:
		case name == configEnv:
			src.config = *p
		default:
			src.flags[name] = *p
		}
	}
	return src
}
