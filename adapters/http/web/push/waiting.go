package push

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/target"
)

// How often a browser that waits for a fetch looks: often while somebody stands before the device, then seldom, then not at all.
const (
	firstEvery = 3 * time.Second
	laterEvery = 20 * time.Second
	firstFor   = 5 * time.Minute
	longest    = time.Hour
)

// every answers the pause between looks after so long a wait, 0 when it is over.
func every(waited time.Duration) time.Duration {
	switch {
	case waited < firstFor:
		return firstEvery
	case waited < longest:
		return laterEvery
	}
	return 0
}

// waiting is the wait for the first fetch with a token.
type waiting struct {
	Target target.Target
	Token  target.Token
	Since  time.Time // when the wait began
	Every  time.Duration
	Gone   bool // the token is no more
}

// wait of a target that has never fetched, for its newest token; false where there is nothing to wait for.
func waitFor(t target.Target, now time.Time) (waiting, bool) {
	if !t.LastFetch.At.IsZero() || len(t.Tokens) == 0 {
		return waiting{}, false
	}
	return waiting{Target: t, Token: t.Tokens[0], Since: now.Truncate(time.Second), Every: firstEvery}, true
}

func (w waiting) done() bool { return !w.Token.LastAt.IsZero() }

func (w waiting) over() bool { return w.done() || w.Gone || w.Every == 0 }

func (w waiting) tone() string {
	if w.done() {
		return view.ToneOK
	}
	return view.ToneInfo
}

func (w waiting) href() string {
	v := url.Values{
		"token": {w.Token.ID}, "since": {strconv.FormatInt(w.Since.Unix(), 10)}, "every": {strconv.Itoa(int(w.Every / time.Second))},
	}
	return path(w.Target.ID) + "/waiting?" + v.Encode()
}

// wait answers the strip anew when there is something new to say, otherwise nothing: the strip stays as it is.
func (h *handlers) wait(rq *kit.Request) error {
	if !rq.View.Script {
		return rq.Go(path(rq.ID()))
	}
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	w := waiting{Target: t, Since: rq.View.Now}
	if n, err := strconv.ParseInt(rq.Text("since"), 10, 64); err == nil && n < w.Since.Unix() {
		w.Since = time.Unix(n, 0)
	}
	w.Every = every(rq.View.Now.Sub(w.Since))
	i := slices.IndexFunc(t.Tokens, func(k target.Token) bool { return k.ID == rq.Text("token") })
	if w.Gone = i < 0; !w.Gone {
		w.Token = t.Tokens[i]
	}
	switch {
	case w.over():
		return rq.Render(kit.StopPolling, strip(rq.View, w))
	case strconv.Itoa(int(w.Every/time.Second)) == rq.Text("every"):
		rq.W.WriteHeader(http.StatusNoContent)
		return nil
	default:
		return rq.Render(http.StatusOK, strip(rq.View, w))
	}
}
