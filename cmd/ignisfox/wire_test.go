package main

import (
	"log/slog"
	"testing"

	"go.uber.org/fx"

	"github.com/ignisfox/ignisfox/adapters/seal"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/ports"
)

// Every constructor gets what it asks for; nothing is run.
func TestTheGraphIsWhole(t *testing.T) {
	c, err := load(sources{})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	var (
		store    ports.Store
		http     *listening
		accounts *account.Service
		sealer   *seal.Sealer
	)
	if err := fx.ValidateApp(serverOf(t.Context(), c, log, &listeners{}), fx.Populate(&store, &http)); err != nil {
		t.Error(err)
	}
	if err := fx.ValidateApp(base(t.Context(), c, log, existing), fx.Populate(&accounts, &sealer)); err != nil {
		t.Error(err)
	}
}
