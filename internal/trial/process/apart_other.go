//go:build !linux

package process

import "syscall"

// apart keeps Ctrl-C at the terminal for us alone.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
