package vm

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// executeOnTerminal runs a program on the session's terminal.
func (s *session) executeOnTerminal(cmd *exec.Cmd) (*os.ProcessState, error) {
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.slave, s.slave, s.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.start(cmd); err != nil {
		return nil, err
	}
	// The program has it; reading the master ends when nobody has it any more.
	_ = s.slave.Close()
	go func() { _, _ = io.Copy(s.master, s.channel) }()
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		_, _ = io.Copy(s.channel, s.master)
	}()
	_ = cmd.Wait()
	s.end()
	// A job that it has left in the background keeps the terminal open.
	_ = s.master.SetReadDeadline(time.Now().Add(outputDelay))
	<-shown
	return cmd.ProcessState, nil
}

// openTerminal opens a pseudo-terminal (pty(7)). Its master does not block, so that
// reading it can be given up.
func openTerminal() (master, slave *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open a terminal: %w", err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		_ = master.Close()
		return nil, nil, fmt.Errorf("open a terminal: %w", err)
	}
	return master, slave, nil
}

func (s *session) resize(columns, rows uint32) {
	raw, err := s.master.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(rows), Col: uint16(columns)})
	})
}

func (s *session) closeTerminal() {
	if s.master != nil {
		_ = s.master.Close()
		_ = s.slave.Close()
	}
}
