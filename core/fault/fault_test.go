package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

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

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	name, tags := fault.New(fault.Invalid, "bad_name", "Bad.").Field("name", "Give one."), fault.New(fault.Invalid, "bad_tags", "Bad.").Field("tags", "Fewer.").Field("name", "Other.")
	var f *fault.Fault
	if err := fault.All(nil, name, nil, tags); !errors.As(err, &f) || f.Code != "bad_name" || len(f.Fields) != 2 || f.Fields["name"] != "Give one." {
		t.Errorf("%v", f)
	}
	if len(name.Fields) != 1 || fault.All(nil, nil) != nil {
		t.Error("changed what it was given, or found what is not there")
	}
	if broken := errors.New("disk on fire"); !errors.Is(fault.All(name, broken), broken) {
		t.Error("what broke is hidden behind advice")
	}
}

func TestFieldLeavesTheOriginalAlone(t *testing.T) {
	base := fault.New(fault.Invalid, "bad", "Bad.")
	one, two := base.Field("a", "1"), base.Field("b", "2")
	if base.Fields != nil || len(one.Fields) != 1 || len(two.Fields) != 1 || len(one.Field("b", "2").Fields) != 2 {
		t.Errorf("%v %v %v", base.Fields, one.Fields, two.Fields)
	}
}

func TestAdviceMovesToAnotherField(t *testing.T) {
	base := fault.New(fault.Conflict, "taken", "Taken.").Field("name", "Another.").Field("zone", "Z.")
	var got *fault.Fault
	if !errors.As(fault.Renamed(fmt.Errorf("in: %w", base), "name", "organisation"), &got) || got.Fields["organisation"] != "Another." ||
		got.Fields["zone"] != "Z." || len(got.Fields) != 2 || got.Code != "taken" || got.Kind != fault.Conflict {
		t.Errorf("%+v", got)
	}
	if base.Fields["name"] == "" {
		t.Error("the original changed")
	}
	for _, err := range []error{nil, errors.New("plain"), base} {
		if got := fault.Renamed(err, "other", "x"); !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestAWaitInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "a minute", time.Minute: "a minute", time.Minute + 400*time.Millisecond: "a minute", 61 * time.Second: "2 minutes", 5 * time.Minute: "5 minutes", 4 * time.Hour: "240 minutes",
	} {
		if got := fault.Wait(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
}
