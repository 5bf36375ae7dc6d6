package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/bench"
	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/lab/netns"
	"github.com/rackproof/rackproof/framework/lab/vm"
)

// bringUpInside brings a lab up inside a User-Mode Linux of its own. The lab has the name
// of the kernel. The caller owns both.
func (r recipe) bringUpInside(ctx context.Context, options launch.Options, out io.Writer) (owned, broughtUp, error) {
	machine, result, err := r.launchInside(ctx, options, out)
	if err != nil {
		return nil, broughtUp{}, err
	}
	return machine, result, nil
}

// launchInside starts a User-Mode Linux and brings a lab up in it. It takes down a lab
// that does not get ready.
func (r recipe) launchInside(ctx context.Context, options launch.Options, out io.Writer) (*netns.Machine, broughtUp, error) {
	began := time.Now()
	machine, phases, err := startMachine(ctx, options, out)
	if err != nil {
		return nil, broughtUp{}, err
	}
	result, err := r.upInside(ctx, machine, out)
	if err != nil {
		return nil, broughtUp{}, errors.Join(err, machine.Down(context.WithoutCancel(ctx)))
	}
	result.Name, result.PID, result.host = machine.Name(), machine.PID(), options.Topology.Nodes()[0].Name
	// It is a file inside.
	result.Kubeconfig = ""
	result.Phases[launch.KernelPhase] = phases[launch.KernelPhase]
	result.Seconds = time.Since(began).Seconds()
	return machine, result, nil
}

func startMachine(ctx context.Context, options launch.Options, out io.Writer) (*netns.Machine, map[string]float64, error) {
	shown := newDisplay(out, "Starting User-Mode Linux", []string{launch.KernelPhase})
	defer shown.end()
	phases := bench.NewPhaseTimes(shown.tell)
	machine, err := launch.StartMachine(ctx, launch.MachineOptions{
		Name: options.Name, Known: options.Topology.Name, Topology: options.Topology, Mode: options.Mode, Progress: phases.Record,
	})
	return machine, phases.Seconds(), err
}

// upInside runs `lab up` inside.
func (r recipe) upInside(ctx context.Context, machine *netns.Machine, out io.Writer) (broughtUp, error) {
	arguments := []string{
		"lab", "up", "--topology", r.topology, "--mode", r.mode,
		"--name", machine.Name(), "--kernel", string(launch.HostKernel), "--output", string(formatJSON),
	}
	if r.leaves != "" {
		arguments = append(arguments, "--leaves", r.leaves.String())
	}
	command, err := ownCommand(arguments...)
	if err != nil {
		return broughtUp{}, err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(signals)
	if err := ctx.Err(); err != nil {
		return broughtUp{}, context.Cause(ctx)
	}
	var told bytes.Buffer
	// An interrupt ends the command inside, which takes its lab down.
	status, err := machine.Run(context.WithoutCancel(ctx), command, vm.Streams{Stdout: &told, Stderr: out, Signals: signals})
	if err != nil {
		return broughtUp{}, err
	}
	if status != 0 {
		return broughtUp{}, exitStatus(status)
	}
	var result broughtUp
	if err := json.Unmarshal(told.Bytes(), &result); err != nil {
		return broughtUp{}, fmt.Errorf("read what `lab up` says inside User-Mode Linux: %w", err)
	}
	return result, nil
}

// measureInside measures a lab inside a User-Mode Linux of its own.
func (r recipe) measureInside(ctx context.Context, options launch.Options, out io.Writer, title string) (bench.Run, error) {
	fmt.Fprintln(out, title)
	machine, result, err := r.launchInside(ctx, options, out)
	if err != nil {
		return bench.Run{}, err
	}
	run := bench.Run{Ready: result.Seconds, Phases: result.Phases}
	run.Memory, err = bench.Memory(machine.PID())
	began := time.Now()
	if err := errors.Join(err, machine.Down(context.WithoutCancel(ctx))); err != nil {
		return bench.Run{}, err
	}
	run.Teardown = time.Since(began).Seconds()
	return run, ctx.Err()
}
