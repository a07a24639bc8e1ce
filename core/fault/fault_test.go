package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/ignisfox/ignisfox/core/fault"
)

func TestFaultsAreFoundThroughWrapping(t *testing.T) {
	cause := errors.New("disk on fire")
	err := fmt.Errorf("upload: %w", fault.Wrap(cause, fault.Unavailable, "store_unavailable", "Try again."))
	if fault.KindOf(err) != fault.Unavailable || fault.CodeOf(err) != "store_unavailable" || !errors.Is(err, cause) {
		t.Errorf("%v: kind %d, code %s", err, fault.KindOf(err), fault.CodeOf(err))
	}
	if fault.KindOf(cause) != fault.Internal || fault.CodeOf(cause) != "internal" {
		t.Error("a plain error is internal")
	}
	if !errors.Is(err, fault.New(fault.Unavailable, "store_unavailable", "other words")) {
		t.Error("kind and code make it the same fault")
	}
}

func TestFieldLeavesTheOriginalAlone(t *testing.T) {
	base := fault.New(fault.Invalid, "bad", "Bad.")
	one, two := base.Field("a", "1"), base.Field("b", "2")
	if base.Fields != nil || len(one.Fields) != 1 || len(two.Fields) != 1 || len(one.Field("b", "2").Fields) != 2 {
		t.Errorf("%v %v %v", base.Fields, one.Fields, two.Fields)
	}
}
