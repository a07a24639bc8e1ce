package settings

import (
	"net/http"
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/text"
)

// plugins shows the programs that extend the server, to those who run it.
func (h *handlers) plugins(rq *kit.Request) error {
	var all []plugin.Info
	if h.Deploy != nil {
		all = slices.Clone(h.Deploy.Plugins.All())
	}
	return rq.Render(http.StatusOK, pluginList(rq.View, all))
}

// longestWord bounds what is shown of what a plugin says of itself.
const longestWord = 500

func shown(s string) string { return text.Visible(s, longestWord) }

var pluginStates = map[plugin.State]struct{ tone, word string }{
	plugin.StateReady: {view.ToneOK, "runs"}, plugin.StateStarting: {view.ToneWarn, "starting"}, plugin.StateFailed: {view.ToneBad, "does not run"},
	plugin.StateDisabled: {"", "switched off"},
}

var pluginKinds = map[plugin.Kind]string{plugin.KindDeploy: "deploys", plugin.KindCA: "certificate authority", plugin.KindDNS: "DNS"}

// identity answers what stands under the name of a plugin: no width of the page leaves it out.
func identity(i plugin.Info) string {
	out := shown(i.ID)
	if i.Version != "" {
		out += " " + shown(i.Version)
	}
	return out + ", " + pluginKinds[i.Kind]
}

// restarts says how often a plugin was started again, empty for never.
func restarts(i plugin.Info) string {
	if i.Restarts == 0 {
		return ""
	}
	return "restarted " + view.Count(i.Restarts, "time")
}
