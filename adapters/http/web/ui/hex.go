package ui

import "strings"

const groupLen = 4

// group answers hex digits in groups of four: "9f2c 41d8".
func group(hex string) string {
	hex = strings.ReplaceAll(hex, ":", "")
	var b strings.Builder
	for i, r := range hex {
		if i > 0 && i%groupLen == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// short answers the first two groups and the last one: "9f2c 41d8 … 7be0".
func short(hex string) string {
	groups := strings.Fields(group(hex))
	if len(groups) <= 3 {
		return strings.Join(groups, " ")
	}
	return groups[0] + " " + groups[1] + " … " + groups[len(groups)-1]
}
