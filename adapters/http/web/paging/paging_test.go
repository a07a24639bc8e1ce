package paging_test

import (
	"net/url"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/paging"
)

// query is what an address asks for.
type query struct{ url.Values }

func (q query) Text(name string) string    { return q.Get(name) }
func (q query) Texts(name string) []string { return q.Values[name] }

func follow(t *testing.T, address string) paging.Place {
	t.Helper()
	v, err := url.ParseQuery(address)
	if err != nil {
		t.Fatal(err)
	}
	return paging.Read(query{v})
}

func address(p paging.Place) string {
	v := url.Values{}
	p.Set(v)
	return v.Encode()
}

func TestOneGoesOnwardAndBackByAddressesAlone(t *testing.T) {
	p := follow(t, "")
	if props := p.Props(50, 140, "c1", address); props.Label != "1 to 50 of 140" || props.First != "" || props.Prev != "" || props.Next == "" {
		t.Fatalf("%+v", props)
	}
	p = follow(t, p.Props(50, 140, "c1", address).Next)
	p = follow(t, p.Props(50, 140, "c2", address).Next)
	props := p.Props(40, 140, "", address)
	if p.Cursor != "c2" || props.Label != "101 to 140 of 140" || props.Next != "" {
		t.Fatalf("%+v, %+v", p, props)
	}
	if p = follow(t, props.Prev); p.Cursor != "c1" || p.Skipped != 50 {
		t.Fatalf("%+v", p)
	}
	if p = follow(t, p.Props(50, 140, "c2", address).Prev); !p.First() || p.Skipped != 0 {
		t.Fatalf("%+v", p)
	}
}

func TestOnlySoManyPagesAreRemembered(t *testing.T) {
	p := paging.Place{}
	for range 30 {
		p = follow(t, address(p.Next("cursor", 50)))
	}
	back := 0
	for {
		prev, ok := p.Prev()
		if !ok {
			break
		}
		p, back = follow(t, address(prev)), back+1
	}
	if back != 10 || p.First() {
		t.Errorf("%d pages back, then %+v", back, p)
	}
	if p.Props(50, 0, "x", address).Label != "1001 to 1050" {
		t.Errorf("label %q", p.Props(50, 0, "x", address).Label)
	}
}

func TestAnAddressMadeUpDoesNoHarm(t *testing.T) {
	if p := follow(t, "after=70&back=x"); !p.First() || p.Skipped != 0 || p.Back != nil {
		t.Errorf("%+v", p)
	}
	for _, after := range []string{"-5", "x", "99999999999999"} {
		if p := follow(t, "at=c&after="+after); p.Skipped != 0 {
			t.Errorf("after=%s: %+v", after, p)
		}
	}
}
