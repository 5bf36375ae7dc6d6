package agent

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// container is one container of a pod, through all of its runs.
type container struct {
	pod  *pod
	spec *corev1.Container

	// pod.mu guards the fields below.

	status corev1.ContainerStatus
	// process is nil unless it runs. env is its environment.
	process *process
	env     variables
}

func newContainer(p *pod, spec *corev1.Container) *container {
	c := &container{pod: p, spec: spec, status: corev1.ContainerStatus{
		Name: spec.Name, Image: spec.Image, Started: new(bool),
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}},
	}}
	for _, old := range p.published.ContainerStatuses {
		// An agent before this one has run it, so this is a restart.
		if old.Name == spec.Name && old.ContainerID != "" {
			c.status.RestartCount = old.RestartCount + 1
		}
	}
	return c
}

// run runs the container again and again until the pod is to end.
func (c *container) run() {
	var pause backoff
	for {
		began := time.Now()
		err := c.runOnce()
		if refused := (*refusal)(nil); errors.As(err, &refused) {
			c.pod.log.Warn("The container is not run", "container", c.spec.Name, "reason", err)
			c.refuse(err)
			<-c.pod.end.asked.Done()
			return
		}
		if c.pod.end.asked.Err() != nil {
			return
		}
		wait := pause.next(time.Since(began))
		if wait > 0 {
			c.wait("CrashLoopBackOff", fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
				wait, c.spec.Name, c.pod.first.Name, c.pod.first.Namespace, c.pod.first.UID))
		}
		if !sleep(c.pod.end.asked, wait) {
			return
		}
		c.pod.set(func() { c.status.RestartCount++ })
	}
}

// runOnce runs the container until it ends or is ended. Its error is a refusal.
func (c *container) runOnce() error {
	cmd, env, err := c.command()
	if err != nil {
		return err
	}
	started := metav1.Now()
	proc, err := c.start(cmd)
	if err != nil {
		c.pod.log.Warn("Container does not start", "container", c.spec.Name, "error", err)
		// 128 is the exit code that container runtimes give what never ran.
		c.ended(corev1.ContainerStateTerminated{
			Reason: "StartError", ExitCode: 128, Message: err.Error(), StartedAt: started,
		})
		return nil
	}
	c.pod.set(func() {
		c.process, c.env = proc, env
		c.status.ContainerID = fmt.Sprintf("process://%s/%s/%d", c.pod.first.UID, c.spec.Name, c.status.RestartCount)
		c.status.ImageID = "process://" + cmd.Path
		*c.status.Started = true
		c.enter(corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}})
	})
	c.attend(proc)

	state := corev1.ContainerStateTerminated{Reason: "Completed", ExitCode: exitCode(cmd.ProcessState), StartedAt: started}
	if state.ExitCode != 0 {
		state.Reason = "Error"
	}
	c.ended(state)
	return nil
}

func (c *container) start(cmd *exec.Cmd) (*process, error) {
	log, err := c.openLog()
	if err != nil {
		return nil, err
	}
	// The process has it by now, or never will.
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log
	return c.pod.agent.start(c.pod.place, cmd)
}

// attend probes a running container until it ends, and ends it when that is asked for.
func (c *container) attend(proc *process) {
	end := c.pod.end
	ctx, stopProbes := context.WithCancel(end.enforced)
	var probes sync.WaitGroup
	probes.Go(func() { c.probe(ctx) })
	defer probes.Wait()
	defer stopProbes()
	select {
	case <-proc.done:
	case <-end.asked.Done():
		c.stop(end.enforced, proc)
	}
}

// stop ends a running container: SIGTERM, and SIGKILL when ctx is done.
func (c *container) stop(ctx context.Context, proc *process) {
	proc.signal(unix.SIGTERM)
	select {
	case <-proc.done:
	case <-ctx.Done():
		proc.signal(unix.SIGKILL)
		<-proc.done
	}
}

// command is the container's command, ready to be started but for its output.
func (c *container) command() (*exec.Cmd, variables, error) {
	p := c.pod
	env := environment(p.agent.config.Environment, p.place, c.spec)
	argv, err := command(p.agent.config.Images, c.spec, env)
	if err != nil {
		return nil, nil, err
	}
	return c.prepare(argv, env), env, nil
}

// prepare makes a command that runs as the container does.
func (c *container) prepare(argv []string, env variables) *exec.Cmd {
	cmd := &exec.Cmd{Args: argv, Env: env, Dir: "/"}
	// A program that is not found has no path, and cannot be started for that reason.
	cmd.Path, cmd.Err = lookPath(argv[0], env)
	return cmd
}

func (c *container) setReady(ready bool) {
	c.pod.set(func() { c.status.Ready = ready && c.process != nil })
}

func (c *container) ended(state corev1.ContainerStateTerminated) {
	c.pod.set(func() {
		state.FinishedAt = metav1.Now()
		state.ContainerID = c.status.ContainerID
		c.process = nil
		c.status.Ready = false
		*c.status.Started = false
		c.enter(corev1.ContainerState{Terminated: &state})
	})
}

// enter changes the container's state, and keeps how its last run ended. pod.mu is
// held.
func (c *container) enter(state corev1.ContainerState) {
	if c.status.State.Terminated != nil {
		c.status.LastTerminationState = c.status.State
	}
	c.status.State = state
}

// wait shows what the container waits for.
func (c *container) wait(reason, message string) {
	c.pod.set(func() {
		c.enter(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}})
	})
}

// refuse shows why the container is not started.
func (c *container) refuse(err error) {
	reason := reasonConfigError
	if refused := (*refusal)(nil); errors.As(err, &refused) {
		reason = refused.reason
	}
	c.wait(reason, err.Error())
}
