package signin

import (
	"strings"

	"github.com/ignisfox/ignisfox/core/text"
)

const maxAgent = 60 // runes of what is kept of a browser that we cannot name

// Named in the order in which they must be looked for: most browsers also say that they are some of the others.
var (
	browsers = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// browserOf answers what a person knows a browser by, "Firefox on Linux", from its User-Agent header. Of one that we do not
// know the beginning is kept, made visible.
func browserOf(agent string) string {
	const most = 1024 // looked at, in bytes; real ones have some 200
	agent = agent[:min(len(agent), most)]
	browser, system := nameIn(agent, browsers), nameIn(agent, systems)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	case strings.TrimSpace(agent) == "":
		return "Unknown browser"
	}
	return text.Visible(strings.TrimSpace(agent), maxAgent)
}

func nameIn(agent string, names [][2]string) string {
	for _, n := range names {
		if strings.Contains(agent, n[0]) {
			return n[1]
		}
	}
	return ""
}
