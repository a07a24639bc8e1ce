package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// work is how much of the machine's processors was at work, and how much of them this process had.
type work struct{ busy, ours float64 }

// clockwork is what the processors have done up to a moment.
type clockwork struct {
	at         time.Time
	all, idle  float64 // ticks of the kernel
	ownSeconds float64
}

// worked reads the counters of the kernel and of this process.
func worked() (c clockwork, err error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return c, fmt.Errorf("the work of processors can be read on Linux only: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait irq softirq steal, then guests, which user counts too
	if len(fields) < 9 || fields[0] != "cpu" {
		return c, fmt.Errorf("/proc/stat begins with %q", line)
	}
	for i, f := range fields[1:9] {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return c, err
		}
		if c.all += n; i == 3 || i == 4 {
			c.idle += n
		}
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return c, err
	}
	c.at, c.ownSeconds = time.Now(), time.Duration(own.Utime.Nano()+own.Stime.Nano()).Seconds()
	return c, nil
}

// since answers what was done since c.
func (c clockwork) since() (w work, err error) {
	now, err := worked()
	if err != nil {
		return w, err
	}
	w.ours = (now.ownSeconds - c.ownSeconds) / (now.at.Sub(c.at).Seconds() * float64(runtime.NumCPU()))
	if all := now.all - c.all; all > 0 {
		w.busy = 1 - (now.idle-c.idle)/all
	}
	return w, nil
}
