package agent

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
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
	init bool

	// pod.mu guards the fields below.

	status corev1.ContainerStatus
	// process is nil unless it runs. env is its environment.
	process *process
	env     variables
}

func newContainer(p *pod, spec *corev1.Container, init bool, reason string) *container {
	c := &container{pod: p, spec: spec, init: init, status: corev1.ContainerStatus{
		Name: spec.Name, Image: spec.Image, Started: new(bool),
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}},
	}}
	for _, old := range slices.Concat(p.published.InitContainerStatuses, p.published.ContainerStatuses) {
		// An agent before this one has run it, so this is a restart.
		if old.Name == spec.Name && old.ContainerID != "" {
			c.status.RestartCount = old.RestartCount + 1
		}
	}
	return c
}

// run runs the container, again and again as the pod's restart policy says, and
// reports whether it has ended well.
func (c *container) run() bool {
	var pause backoff
	for {
		began := time.Now()
		err := c.runOnce()
		if refused := (*refusal)(nil); errors.As(err, &refused) {
			c.pod.log.Warn("The container is not run", "container", c.spec.Name, "reason", err)
			c.refuse(err)
			<-c.pod.end.asked.Done()
			return false
		}
		if c.pod.end.asked.Err() != nil || !c.restarts(err) {
			return err == nil
		}
		wait := pause.next(time.Since(began))
		if wait > 0 {
			c.wait("CrashLoopBackOff", fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
				wait, c.spec.Name, c.pod.first.Name, c.pod.first.Namespace, c.pod.first.UID))
		}
		if !sleep(c.pod.end.asked, wait) {
			return false
		}
		c.pod.set(func() { c.status.RestartCount++ })
	}
}

// restarts reports whether the container is started again after a run.
func (c *container) restarts(err error) bool {
	switch policy := c.pod.first.Spec.RestartPolicy; {
	case policy == corev1.RestartPolicyNever:
		return false
	case policy == corev1.RestartPolicyOnFailure, c.init:
		return err != nil
	}
	return true
}

// errExit is a run that ended with another exit code than 0.
var errExit = errors.New("the container failed")

// runOnce runs the container until it ends or is ended.
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
		return errExit
	}
	c.pod.set(func() {
		c.process, c.env = proc, env
		c.status.ContainerID = fmt.Sprintf("process://%s/%s/%d", c.pod.first.UID, c.spec.Name, c.status.RestartCount)
		c.status.ImageID = "process://" + cmd.Path
		c.enter(corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}})
	})
	message := c.attend(proc)

	state := corev1.ContainerStateTerminated{
		Reason: "Completed", ExitCode: exitCode(cmd.ProcessState), Message: message, StartedAt: started,
	}
	if state.ExitCode == 0 {
		c.ended(state)
		return nil
	}
	state.Reason = "Error"
	c.ended(state)
	return errExit
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

// attend probes a running container until it ends, and ends it when that is asked
// for or a probe demands it. The message is what a probe had against it.
func (c *container) attend(proc *process) (message string) {
	end := c.pod.end
	ctx, stopProbes := context.WithCancel(end.enforced)
	failed := make(chan failedProbe, 1)
	var probes sync.WaitGroup
	probes.Go(func() { c.probe(ctx, failed) })
	defer probes.Wait()
	defer stopProbes()
	select {
	case <-proc.done:
	case <-end.asked.Done():
		c.stop(end.enforced, proc)
	case f := <-failed:
		c.pod.log.Warn("Container is ended", "container", c.spec.Name, "reason", f.err)
		message = f.err.Error()
		ctx, cancel := context.WithTimeout(end.enforced, f.grace)
		defer cancel()
		c.stop(ctx, proc)
	}
	return message
}

// stop ends a running container: preStop, SIGTERM, and SIGKILL when ctx is done.
func (c *container) stop(ctx context.Context, proc *process) {
	if lifecycle := c.spec.Lifecycle; lifecycle != nil && lifecycle.PreStop != nil {
		if err := c.preStop(ctx, lifecycle.PreStop); err != nil {
			c.pod.log.Warn("preStop failed", "container", c.spec.Name, "error", err)
		}
	}
	proc.signal(unix.SIGTERM)
	select {
	case <-proc.done:
	case <-ctx.Done():
		proc.signal(unix.SIGKILL)
		<-proc.done
	}
}

func (c *container) preStop(ctx context.Context, hook *corev1.LifecycleHandler) error {
	if hook.Sleep != nil {
		sleep(ctx, time.Duration(hook.Sleep.Seconds)*time.Second)
		return nil
	}
	return c.check(ctx, corev1.ProbeHandler{Exec: hook.Exec, HTTPGet: hook.HTTPGet})
}

// command is the container's command, ready to be started but for its output.
func (c *container) command() (*exec.Cmd, variables, error) {
	p := c.pod
	env, err := environment(p.agent.config.Environment, p.place, p.first, p.addressesNow(), c.spec)
	if err != nil {
		return nil, nil, err
	}
	argv, err := command(p.agent.config.Images, c.spec, env)
	if err != nil {
		return nil, nil, err
	}
	return c.prepare(argv, env), env, nil
}

// prepare makes a command that runs as the container does.
func (c *container) prepare(argv []string, env variables) *exec.Cmd {
	cmd := &exec.Cmd{Args: argv, Env: env, Dir: "/"}
	if c.spec.WorkingDir != "" {
		cmd.Dir = c.spec.WorkingDir
	}
	// A program that is not found has no path, and cannot be started for that reason.
	cmd.Path, cmd.Err = lookPath(argv[0], env)
	return cmd
}

// started marks the container as started up, and as ready if nothing probes that.
func (c *container) started() {
	c.pod.set(func() {
		if c.process != nil {
			*c.status.Started = true
			c.status.Ready = c.spec.ReadinessProbe == nil
		}
	})
}

func (c *container) setReady(ready bool) {
	c.pod.set(func() { c.status.Ready = ready && c.process != nil })
}

func (c *container) ended(state corev1.ContainerStateTerminated) {
	c.pod.set(func() {
		state.FinishedAt = metav1.Now()
		state.ContainerID = c.status.ContainerID
		c.process = nil
		// An init container that has done its work is ready.
		c.status.Ready = c.init && state.ExitCode == 0
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
