package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/beadle-jobs/beadle/chaos/journal"
)

// A process is one of the installation's, through all its incarnations. What is
// done to it is marked at the sink.
type process struct {
	name    string // "worker-1"
	dir     string // its log is there
	command func(incarnation string) *exec.Cmd
	mark    func(journal.Sunk)

	mu     sync.Mutex
	number int
	cmd    *exec.Cmd
	ended  chan struct{} // of this incarnation
	wanted bool          // it should be running: it is started again when it ends
}

// begin starts a new incarnation.
func (p *process) begin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.launch()
}

func (p *process) launch() error {
	log, err := os.OpenFile(filepath.Join(p.dir, p.name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.number++
	cmd := p.command(p.incarnation())
	cmd.Stdout, cmd.Stderr = log, log
	// A group of its own, so that Ctrl-C at the terminal is for us alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
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
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd, p.ended, p.wanted = cmd, ended, true
	p.tell(journal.Started)
	go p.watch(p.number, ended)
	return nil
}

// watch starts the process again if it ends by itself, as a supervisor would.
func (p *process) watch(number int, ended <-chan struct{}) {
	<-ended
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted || p.number != number {
		return
	}
	p.tell(journal.Died)
	fmt.Printf("%s ended by itself\n", p.incarnation())
	time.Sleep(500 * time.Millisecond)
	if err := p.launch(); err != nil {
		fmt.Println(err)
	}
}

// end sends a signal and waits until the process has ended; after the patience
// it is killed.
func (p *process) end(fault journal.Fault, sig syscall.Signal, patience time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted {
		return
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
}

// freeze stops the process until thaw.
func (p *process) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signal(syscall.SIGSTOP)
	p.tell(journal.Freeze)
}

// thaw is marked before it happens: nothing that the process does after it can
// be told earlier.
func (p *process) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(journal.Thaw)
	p.signal(syscall.SIGCONT)
}

// note marks what is done around the process.
func (p *process) note(fault journal.Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(fault)
}

func (p *process) tell(fault journal.Fault) {
	p.mark(journal.Sunk{What: journal.Mark, Worker: p.incarnation(), Fault: fault, PID: p.cmd.Process.Pid})
}

// signal fails only if the process is gone, which watch notices.
func (p *process) signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }

func (p *process) incarnation() string { return fmt.Sprintf("%s.%d", p.name, p.number) }
