package seal

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

const (
	// startInChild makes this test binary a process that starts a sealer on the file named there and prints its KEK id.
	startInChild = "SEAL_TEST_START"
	// rotateInChild, when set too, makes it rotate first.
	rotateInChild = "SEAL_TEST_ROTATE"
)

func TestMain(m *testing.M) {
	path := os.Getenv(startInChild)
	if path == "" {
		os.Exit(m.Run())
	}
	s, err := New(Deps{Keysets: newMemory(), Source: "file:" + path, Now: time.Now})
	if err == nil {
		err = s.Start(context.Background())
	}
	if err == nil && os.Getenv(rotateInChild) != "" {
		_, err = s.RotateKEK(context.Background(), Rotate)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Print(s.ring.Load().primary().id)
	s.Stop()
}

// Each process has an empty database of its own, so that all of them want to make the file.
func TestProcessesThatStartAtOnceShareOneKEK(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		path := kekPath(t)
		var wg sync.WaitGroup
		ids := make([][]byte, 4)
		for i := range ids {
			wg.Go(func() {
				cmd := exec.CommandContext(t.Context(), exe)
				cmd.Env = append(os.Environ(), startInChild+"="+path)
				var err error
				if ids[i], err = cmd.CombinedOutput(); err != nil {
					t.Errorf("%v: %s", err, ids[i])
				}
			})
		}
		wg.Wait()
		lines, err := parseLines(read(t, path))
		if err != nil || len(lines) != 1 {
			t.Fatalf("the file holds %d keys, %v", len(lines), err)
		}
		for _, id := range ids {
			if !bytes.Equal(id, []byte(lines[0].id)) {
				t.Errorf("a process uses KEK %s, the file holds %s", id, lines[0].id)
			}
		}
	}
}
