package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	"golang.org/x/sys/unix"
)

// execTerminal executes a command on a terminal of its own.
func (c *container) execTerminal(ctx context.Context, argv []string, streams api.AttachIO) (int32, error) {
	master, slave, err := openTerminal()
	if err != nil {
		return 0, err
	}
	defer func() { _ = master.Close() }()
	proc, err := c.execute(argv, func(cmd *exec.Cmd) {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
		// A session leader leads a process group too.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	})
	_ = slave.Close()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.pod.agent.tasks.Go(func() { resizeTerminal(ctx, master, streams.Resize()) })
	if streams.Stdin() != nil {
		// Not waited for, as with pipes.
		go func() { _, _ = io.Copy(master, streams.Stdin()) }()
	}
	c.pod.agent.tasks.Go(func() {
		<-proc.done
		_ = master.SetReadDeadline(time.Now().Add(outputDelay))
	})
	// Reading ends with EIO when nobody has the terminal open any more.
	if _, err := io.Copy(streams.Stdout(), master); err != nil && !errors.Is(err, unix.EIO) {
		proc.signal(unix.SIGHUP)
	}
	<-proc.done
	return exitCode(proc.cmd.ProcessState), nil
}

// openTerminal opens a pseudo-terminal (pty(7)). Its slave is opened through the
// master, since the node may have another /dev.
func openTerminal() (master, slave *os.File, err error) {
	// Non-blocking, so that reading it can be given up.
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open a terminal: /dev/ptmx: %w", err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		_ = unix.Close(fd)
		return nil, nil, fmt.Errorf("unlock a terminal: %w", err)
	}
	const flags = unix.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, flags)
	if errno != 0 {
		_ = unix.Close(fd)
		return nil, nil, fmt.Errorf("open a terminal's other end: %w", errno)
	}
	return os.NewFile(uintptr(fd), "terminal"), os.NewFile(peer, "terminal"), nil
}

// resizeTerminal follows the size of the client's window.
func resizeTerminal(ctx context.Context, master *os.File, sizes <-chan api.TermSize) {
	for {
		select {
		case <-ctx.Done():
			return
		case size := <-sizes:
			// virtual-kubelet sends no size again and again once the client has gone.
			if size.Width == 0 || size.Height == 0 {
				return
			}
			conn, err := master.SyscallConn()
			if err != nil {
				return
			}
			_ = conn.Control(func(fd uintptr) {
				_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: size.Height, Col: size.Width})
			})
		}
	}
}
