package deploy

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/target"
)

// How often a page looks how a deployment goes: often while one runs or is about to begin, then seldom, then not at all.
const (
	oftenEvery = 2 * time.Second
	laterEvery = 20 * time.Second
	oftenFor   = 5 * time.Minute
	longest    = time.Hour
	// soon is how far ahead a deployment is that the page waits for.
	soon = 15 * time.Second
)

// poll is the wait of a page for what becomes of a deployment.
type poll struct {
	Every time.Duration // 0: nothing is waited for
	Since time.Time     // when the wait began
	Seen  string        // what the page shows
}

// moves says whether something is being done, or about to be.
func moves(t target.Target, now time.Time) bool {
	switch t.State() {
	case target.StateDeploying:
		return true
	case target.StatePaused:
		return false
	case target.StateNever, target.StateBehind:
		return t.Wanted != 0
	}
	at := t.Deploy.Status.NextAttemptAt
	return t.Wanted != 0 && !at.IsZero() && at.Sub(now) < soon
}

// wait answers the wait that began then.
func (p targetPage) wait(since, now time.Time) poll {
	out := poll{Since: since.Truncate(time.Second), Seen: p.stamp()}
	if !p.Kind.Ready || !moves(p.Target, now) {
		return out
	}
	switch waited := now.Sub(since); {
	case waited < oftenFor:
		out.Every = oftenEvery
	case waited < longest:
		out.Every = laterEvery
	}
	return out
}

// stamp tells one state of what the page shows from another.
func (p targetPage) stamp() string {
	h := fnv.New64a()
	st := p.Target.Deploy.Status
	fmt.Fprintln(h, p.Target.State(), p.Target.Wanted, st.Observed, st.Deployment, st.State, st.Attempts, st.NextAttemptAt.Unix(), len(p.Last.Steps))
	for _, s := range p.Last.Steps {
		fmt.Fprintln(h, s.Name, s.State, s.Attempt)
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

func (p targetPage) liveHref() string {
	v := url.Values{"since": {strconv.FormatInt(p.Poll.Since.Unix(), 10)}, "seen": {p.Poll.Seen}, "every": {strconv.Itoa(int(p.Poll.Every / time.Second))}}
	return path(p.Target.ID) + "/live?" + v.Encode()
}

// live answers what has changed since the page was drawn, nothing while that is nothing.
func (p *Pages) live(rq *kit.Request) error {
	if !rq.View.Script {
		return rq.Go(path(rq.ID()))
	}
	t, err := p.target(rq)
	if err != nil {
		return err
	}
	page, err := p.page(rq, t)
	if err != nil {
		return err
	}
	since := rq.View.Now
	if n, err := strconv.ParseInt(rq.Text("since"), 10, 64); err == nil && n < since.Unix() {
		since = time.Unix(n, 0)
	}
	page.Poll = page.wait(since, rq.View.Now)
	switch {
	case page.Poll.Every == 0:
		return rq.Render(kit.StopPolling, liveAnswer(rq.View, page))
	case page.Poll.Seen == rq.Text("seen") && strconv.Itoa(int(page.Poll.Every/time.Second)) == rq.Text("every"):
		rq.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	return rq.Render(http.StatusOK, liveAnswer(rq.View, page))
}
