package target

import (
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/text"
)

// Bounds of a target.
const (
	NameRunes = 200
	MaxTags   = 20
	TagRunes  = 50
)

// CleanTags answers tags as they are stored: trimmed, each once. Fault Invalid, bad_tags.
func CleanTags(in []string) ([]string, error) {
	bad := fault.New(fault.Invalid, "bad_tags", "The tags are not usable.")
	if len(in) > MaxTags {
		return nil, bad.Field("tags", "At most 20 tags.")
	}
	var tags []string
	for _, tag := range in {
		tag = strings.TrimSpace(tag)
		if tag == "" || len([]rune(tag)) > TagRunes || !text.AllPlain(tag) {
			return nil, bad.Field("tags", "A tag has 1 to 50 characters that show.")
		}
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags, nil
}
