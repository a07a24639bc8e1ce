package egress_test

import (
	"io"
	"log"
)

// quiet is for servers whose clients go away on purpose.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
