// Package process starts the processes of a trial, hurts them, and starts them
// again.
package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// A Process is one of a trial, through all its incarnations. What is done to it
// is marked. Its methods may be called by several goroutines.
type Process struct {
	Name    string // "worker-1"
	Dir     string // its log is there
	Command func(incarnation string) *exec.Cmd
	Mark    func(journal.Sunk)
	Say     func(format string, args ...any) // hears of what was not planned, a line each

	mu     sync.Mutex
	number int
	cmd    *exec.Cmd
	ended  chan struct{} // of this incarnation
	wanted bool          // it should be running: it is started again when it ends
}

// Begin starts a new incarnation.
func (p *Process) Begin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.launch()
}

func (p *Process) launch() error {
	log, err := os.OpenFile(filepath.Join(p.Dir, p.Name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.number++
	cmd := p.Command(p.incarnation())
	cmd.Stdout, cmd.Stderr = log, log
	// A group of its own, so that Ctrl-C at the terminal is for us alone.
	cmd.SysProcAttr = apart()
	started, ended := make(chan error), make(chan struct{})
	go func() {
		// The kernel kills the process with the thread that started it, so that
		// thread is kept.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
			close(ended)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.cmd, p.ended, p.wanted = cmd, ended, true
	p.tell(journal.Started)
	go p.watch(p.number, ended)
	return nil
}

// watch starts the process again if it ends by itself, as a supervisor would.
func (p *Process) watch(number int, ended <-chan struct{}) {
	<-ended
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted || p.number != number {
		return
	}
	p.tell(journal.Died)
	p.Say("%s ended by itself", p.incarnation())
	time.Sleep(500 * time.Millisecond)
	if err := p.launch(); err != nil {
		p.Say("%v", err)
	}
}

// End sends a signal and waits until the process has ended; after the patience
// it is killed. It reports whether the process ended well by itself.
func (p *Process) End(fault journal.Fault, sig syscall.Signal, patience time.Duration) (well bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted {
		return false
	}
	p.wanted = false
	p.tell(fault)
	p.signal(sig)
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.signal(syscall.SIGKILL)
		<-p.ended
	}
	return p.cmd.ProcessState.Success()
}

// Freeze stops the process until [Process.Thaw].
func (p *Process) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signal(syscall.SIGSTOP)
	p.tell(journal.Freeze)
}

// Thaw is marked before it happens: nothing that the process does after it can
// be told earlier.
func (p *Process) Thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(journal.Thaw)
	p.signal(syscall.SIGCONT)
}

// Note marks what is done around the process.
func (p *Process) Note(fault journal.Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(fault)
}

func (p *Process) tell(fault journal.Fault) {
	p.Mark(journal.Sunk{What: journal.Mark, Worker: p.incarnation(), Fault: fault, PID: p.cmd.Process.Pid})
}

// signal fails only if the process is gone, which watch notices.
func (p *Process) signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }

// PID is that of the incarnation that runs.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

// Incarnation is the name of what runs now, or ran last: "worker-1.3".
func (p *Process) Incarnation() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.incarnation()
}

func (p *Process) incarnation() string { return fmt.Sprintf("%s.%d", p.Name, p.number) }

// Kill ends the process without a word; it may never have been started.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted {
		p.wanted = false
		p.signal(syscall.SIGKILL)
		<-p.ended
	}
}
