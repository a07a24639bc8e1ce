package pluginhost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A long data directory and a long temporary directory are no reason for a server not to start.
func TestSocketsHaveRoomUnderLongPaths(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("long-name-", 12))
	t.Setenv("TMPDIR", filepath.Join(long, "tmp"))
	if err := os.MkdirAll(filepath.Join(long, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	r, err := newRunDir(filepath.Join(long, "plugin-run"))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.sockets) > maxSockets {
		t.Errorf("sockets below %s", r.sockets)
	}
	if err := r.remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(r.sockets); !os.IsNotExist(err) {
		t.Errorf("the directory of the sockets is left: %v", err)
	}
}
