package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if left := leftOver(); code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "goroutines of connections are left after all tests:\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// leftOver answers goroutines that a connection left behind, once those that are about to end have ended.
func leftOver() string {
	buf := make([]byte, 1<<20)
	left := ""
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		left = ""
		for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			for _, mark := range []string{"golang.org/x/crypto/ssh", "github.com/pkg/sftp", "plugins/deploy-ssh.(*connection)", "sshtest.(*wire)"} {
				if strings.Contains(stack, mark) {
					left += stack + "\n\n"
					break
				}
			}
		}
		if left == "" {
			return ""
		}
	}
	return left
}
