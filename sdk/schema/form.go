package schema

import (
	"slices"
	"strconv"
	"strings"
)

// FromForm answers what the fields of an HTML form mean, for Validate: plain settings and submitted secrets. get answers the values
// of one field by its path. A box that is not ticked is false, a list is one value per line, an empty secret is left out. What is
// not of its type stays a text, so that Validate says what to do.
//
// A form shows all fields, also those of an object that is not wanted: an object without When that has nothing in it but defaults
// is left out.
func (s Schema) FromForm(get func(path string) []string) (map[string]any, map[string]string) {
	secrets := map[string]string{}
	plain, _ := fromForm(s.Fields, "", get, secrets)
	return plain, secrets
}

// fromForm also says whether anything was filled in.
func fromForm(fields []Field, prefix string, get func(string) []string, secrets map[string]string) (map[string]any, bool) {
	out, filled := map[string]any{}, false
	for _, f := range fields {
		path := prefix + f.Name
		if f.Type == Object {
			inner, some := fromForm(f.Fields, path+".", get, secrets)
			if some || f.When != nil || f.Required {
				out[f.Name] = inner
				filled = filled || some
			}
			continue
		}
		values := get(path)
		if f.Secret {
			if len(values) > 0 && values[0] != "" {
				secrets[path], filled = values[0], true
			}
			continue
		}
		if given := f.fromForm(values); given != nil {
			out[f.Name] = given
			filled = filled || f.tells(given)
		}
	}
	return out, filled
}

func (f Field) fromForm(values []string) any {
	switch f.Type {
	case Bool:
		return len(values) > 0 && values[0] != "" && values[0] != "false"
	case Strings:
		list := []string{}
		for _, v := range values {
			for line := range strings.Lines(v) {
				if line = strings.TrimSpace(line); line != "" {
					list = append(list, line)
				}
			}
		}
		return list
	}
	if len(values) == 0 {
		return nil
	}
	text := values[0]
	switch f.Type {
	case Int, Port:
		if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
			return n
		}
	case Text: // browsers end lines as mail does
		text = strings.ReplaceAll(text, "\r\n", "\n")
	case Host, URL, Mode, Duration, Path:
		text = strings.TrimSpace(text)
	}
	return text
}

// tells says whether a value is more than what an untouched form sends.
func (f Field) tells(given any) bool {
	untouched := f.Default
	if untouched != nil {
		untouched, _ = f.value(untouched)
	}
	switch given := given.(type) {
	case bool:
		return given != (untouched == true)
	case []string:
		list, _ := untouched.([]string)
		return !slices.Equal(list, given)
	}
	return f.Type != Enum && given != "" && given != untouched
}
