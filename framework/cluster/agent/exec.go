package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	"golang.org/x/sys/unix"
	utilexec "k8s.io/utils/exec"
)

// outputDelay is how long a command's output is waited for after its end, when
// something that it left running still holds it open.
const outputDelay = time.Second

// execute starts a command in a running container. It ends with the container.
// Prepare may set its input and output.
func (c *container) execute(argv []string, prepare func(*exec.Cmd)) (*process, error) {
	c.pod.mu.Lock()
	main, env := c.process, c.env
	c.pod.mu.Unlock()
	if main == nil {
		return nil, fmt.Errorf("container %s of pod %s/%s does not run", c.spec.Name, c.pod.first.Namespace, c.pod.first.Name)
	}
	argv = append([]string{program(c.pod.agent.config.Images[c.spec.Image], argv[0])}, argv[1:]...)
	cmd := c.prepare(argv, env)
	cmd.WaitDelay = outputDelay
	prepare(cmd)
	proc, err := c.pod.agent.start(c.pod.place, cmd)
	if err != nil {
		return nil, err
	}
	c.pod.agent.tasks.Go(func() {
		select {
		case <-proc.done:
		case <-main.done:
			proc.signal(unix.SIGKILL)
		}
	})
	return proc, nil
}

// exec serves kubectl exec.
func (a *Agent) exec(ctx context.Context, namespace, name, containerName string, argv []string, streams api.AttachIO) error {
	c := a.findContainer(namespace, name, containerName)
	if c == nil {
		return errdefs.NotFoundf("node %s has no pod %s/%s with a container %q", a.config.Node, namespace, name, containerName)
	}
	if len(argv) == 0 {
		return errdefs.InvalidInput("no command given")
	}
	var code int32
	var err error
	if streams.TTY() {
		code, err = c.execTerminal(ctx, argv, streams)
	} else {
		code, err = c.execPipes(argv, streams)
	}
	if err != nil {
		return err
	}
	if code != 0 {
		return utilexec.CodeExitError{Err: fmt.Errorf("exit code %d", code), Code: int(code)}
	}
	return nil
}

func (c *container) execPipes(argv []string, streams api.AttachIO) (int32, error) {
	var stdin io.WriteCloser
	var pipeErr error
	proc, err := c.execute(argv, func(cmd *exec.Cmd) {
		// A nil stream must not become an interface that is not nil.
		if out := streams.Stdout(); out != nil {
			cmd.Stdout = out
		}
		if out := streams.Stderr(); out != nil {
			cmd.Stderr = out
		}
		if streams.Stdin() != nil {
			stdin, pipeErr = cmd.StdinPipe()
		}
	})
	if err = errors.Join(err, pipeErr); err != nil {
		return 0, err
	}
	if stdin != nil {
		// Not waited for: a client may leave its input open after the command's end.
		// The copy ends with the connection, which the caller closes.
		go func() {
			_, _ = io.Copy(stdin, streams.Stdin())
			_ = stdin.Close()
		}()
	}
	<-proc.done
	return exitCode(proc.cmd.ProcessState), nil
}
