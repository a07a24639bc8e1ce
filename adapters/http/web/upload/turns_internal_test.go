package upload

import (
	"context"
	"testing"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Whoever holds all that one workspace may have keeps nobody else out.
func TestOneWorkspaceDoesNotTakeEveryTurn(t *testing.T) {
	all := newTurns()
	enter := func(id tenant.ID, patient bool) (func(), error) {
		ctx, stop := context.WithCancel(context.Background())
		if !patient {
			stop()
		}
		defer stop()
		return all.enter(ctx, id)
	}
	var leave []func()
	for range ofOne {
		out, err := enter("slow", true)
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, out)
	}
	if _, err := enter("slow", false); fault.CodeOf(err) != "busy" {
		t.Errorf("one more of the same: %v", err)
	}
	out, err := enter("other", true)
	if err != nil {
		t.Fatalf("another workspace: %v", err)
	}
	out()
	leave[0]()
	if out, err = enter("slow", true); err != nil {
		t.Fatalf("after one has left: %v", err)
	}
	leave[0] = out
	for _, out := range leave {
		out()
	}
	if len(all.lanes) != 0 || len(all.all) != 0 {
		t.Errorf("left behind: %v, %d", all.lanes, len(all.all))
	}
}
