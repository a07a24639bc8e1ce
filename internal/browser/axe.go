package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-rod/rod/lib/proto"
)

const axePath = "build/axe/node_modules/axe-core/axe.min.js"

// axeTags are the rules that are run: WCAG 2.2 up to AA, without those that are only advice.
var axeTags = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"}

// axeSource answers the program of axe-core, read once.
var axeSource = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the folder of the test")
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, axePath))
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s is missing; run `make test-deps`", axePath)
	}
	return string(b), err
})

// violation is what axe-core says of a rule that is broken.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		Target         json.RawMessage // selectors, in frames several
		FailureSummary string
		HTML           string
	}
}

// Axe runs axe-core on the page, or on the part that In chose, and fails the test for each serious or critical violation. Lesser ones
// are logged.
func (p *Page) Axe() {
	p.t.Helper()
	found := p.axe()
	for _, v := range found {
		text := v.String()
		if v.Impact == "serious" || v.Impact == "critical" {
			p.t.Errorf("browser: axe on %s (%s): %s", p.URL(), p.opts, text)
		} else {
			p.t.Logf("axe on %s (%s): %s", p.URL(), p.opts, text)
		}
	}
}

func (p *Page) axe() (found []violation) {
	p.t.Helper()
	source, err := axeSource()
	if err != nil {
		p.t.Fatalf("browser: %v", err)
	}
	p.wait("Axe", func(s session) error {
		if err := ask(s, nil, "still"); err != nil {
			return err
		}
		// axe waits with timers, which a page without script does not have
		if p.opts.NoScript {
			if err := (proto.EmulationSetScriptExecutionDisabled{Value: false}).Call(s); err != nil {
				return err
			}
			defer func() { _ = proto.EmulationSetScriptExecutionDisabled{Value: true}.Call(s) }()
		}
		world, err := proto.PageCreateIsolatedWorld{FrameID: p.frame, WorldName: "axe"}.Call(s)
		if err != nil {
			return err
		}
		return runAxe(s, world.ExecutionContextID, source, p.root, &found)
	})
	return found
}

// runAxe works in a world of its own, so that the page's scripts do not see it.
func runAxe(s session, world proto.RuntimeExecutionContextID, source, root string, into any) error {
	options, err := json.Marshal(map[string]any{
		"runOnly":     map[string]any{"type": "tag", "values": axeTags},
		"resultTypes": []string{"violations"},
	})
	if err != nil {
		return err
	}
	context, err := json.Marshal(root)
	if err != nil {
		return err
	}
	result, err := proto.RuntimeEvaluate{
		ContextID: world, AwaitPromise: true, ReturnByValue: true, Silent: true,
		Expression: source + fmt.Sprintf("\n;axe.run(%s || document, %s).then(r => r.violations)", context, options),
	}.Call(s)
	if err != nil {
		return err
	}
	if err := thrown(result.ExceptionDetails); err != nil {
		return err
	}
	b, err := result.Result.Value.MarshalJSON()
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

const maxNodes = 5 // of one violation that are told

func (v violation) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s (%s): %s", v.ID, v.Impact, v.Help)
	for i, n := range v.Nodes {
		if i == maxNodes {
			fmt.Fprintf(&out, "\n  and %d more", len(v.Nodes)-maxNodes)
			break
		}
		fmt.Fprintf(&out, "\n  %s  %.200s\n    %s", n.Target, n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n    "))
	}
	return out.String()
}

// String tells a look in short.
func (o Options) String() string {
	theme := "light"
	if o.Dark {
		theme = "dark"
	}
	if o.Width == 0 {
		o = Desktop
	}
	return fmt.Sprintf("%dx%d %s", o.Width, o.Height, theme)
}
