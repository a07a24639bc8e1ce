package main

import (
	"testing"

	"github.com/ignisfox/ignisfox/examples/devicetest"
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/sdktest"
)

func TestConformance(t *testing.T) {
	sdktest.Deploy(t, sdktest.InProcess(deploy.Program(declaration, newTarget)), devicetest.NewDevice)
}

func TestConformanceOfTheProgram(t *testing.T) {
	sdktest.Deploy(t, sdktest.Process(sdktest.Build(t, ".")), devicetest.NewDevice)
}
