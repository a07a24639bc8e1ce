package devicetest

import (
	"testing"

	"github.com/ignisfox/ignisfox/sdk/sdktest"
)

// NewDevice makes an appliance behind a gate, with the settings of the example plugins.
func NewDevice(t testing.TB) *sdktest.Device {
	a := New(t)
	gate := sdktest.NewGate(t, a.Addr())
	return &sdktest.Device{
		Access: sdktest.Access{
			Settings: map[string]any{"address": "https://" + gate.Addr(), "ca_certificate": a.CA(), "user": a.User},
			Secrets:  map[string]string{"password": a.Password},
			Wrong:    map[string]string{"password": "wr0ng & \"unloved\""},
			Gate:     gate,
		},
		Serves: a.Serves,
		State:  a.State,
	}
}
