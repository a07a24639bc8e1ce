// Command program serves the plugin that does nothing.
package main

import (
	"github.com/ignisfox/ignisfox/internal/bench/inert"
	"github.com/ignisfox/ignisfox/sdk/deploy"
)

func main() { deploy.Serve(inert.Declaration, func() deploy.Target { return inert.Target{} }) }
