package process

import "syscall"

// apart keeps Ctrl-C at the terminal for us alone, and has the kernel kill the
// process when we are gone.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
