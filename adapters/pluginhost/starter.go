package pluginhost

import "runtime"

// starter starts all processes of a host from one thread. The kernel takes the end of the thread that started a plugin for the end of
// its parent, and threads of Go come and go.
type starter struct {
	jobs chan func()
	done chan struct{}
}

func newStarter() *starter {
	s := &starter{jobs: make(chan func()), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread() // no plugin is left
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

// do runs a job on the thread and waits for it.
func (s *starter) do(job func()) {
	ended := make(chan struct{})
	s.jobs <- func() { defer close(ended); job() }
	<-ended
}

// stop ends the thread. All processes have ended before.
func (s *starter) stop() {
	close(s.jobs)
	<-s.done
}
