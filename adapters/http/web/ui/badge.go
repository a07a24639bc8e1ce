package ui

// kindNames are the kinds as people read them; their tone and icon have the same name as the kind.
var kindNames = map[string]string{"cert": "cert", "key": "key", "bundle": "bundle", "pfx": "PFX"}

// kindOf answers the kind itself, or unknown for what is none.
func kindOf(kind string) string {
	if _, ok := kindNames[kind]; ok {
		return kind
	}
	return "unknown"
}

func kindName(kind string) string { return first(kindNames[kind], "unknown") }
