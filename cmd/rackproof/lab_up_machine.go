package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rackproof/rackproof/framework/bench"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/providers"
)

// bringUpInside brings a lab up in a virtual machine of its own. The lab has the name
// of the machine. The caller owns both.
func (r recipe) bringUpInside(ctx context.Context, options lab.Options, out io.Writer) (owned, broughtUp, error) {
	machine, result, err := r.launchInside(ctx, options, out)
	if err != nil {
		return nil, broughtUp{}, err
	}
	return machine, result, nil
}

// launchInside starts a User-Mode Linux and brings a lab up in it. It takes down a lab
// that does not get ready.
func (r recipe) launchInside(ctx context.Context, options lab.Options, out io.Writer) (lab.Machine, broughtUp, error) {
	began := time.Now()
	machine, phases, err := r.startMachine(ctx, options, out)
	if err != nil {
		return nil, broughtUp{}, err
	}
	result, err := r.upInside(ctx, machine, options, out)
	if err != nil {
		return nil, broughtUp{}, errors.Join(err, machine.Down(context.WithoutCancel(ctx)))
	}
	result.Name, result.PID, result.host = machine.Name(), machine.PID(), options.Topology.Nodes()[0].Name
	// It is a file inside.
	result.Kubeconfig = ""
	result.Phases[lab.KernelPhase] = phases[lab.KernelPhase]
	result.Seconds = time.Since(began).Seconds()
	return machine, result, nil
}

func (r recipe) startMachine(ctx context.Context, options lab.Options, out io.Writer) (lab.Machine, map[string]float64, error) {
	shown := newDisplay(out, "Starting User-Mode Linux", []string{lab.KernelPhase})
	defer shown.end()
	phases := bench.NewPhaseTimes(shown.tell)
	machine, err := providers.All().StartMachine(ctx, r.provider.Provider, lab.MachineOptions{
		Name: options.Name, Known: options.Topology.Name, Topology: options.Topology, Mode: options.Mode, BIRD: options.BIRD,
		Files: map[string]string{"BIRD": options.BIRD}, Progress: phases.Record,
	})
	return machine, phases.Seconds(), err
}

// upInside runs `lab up` inside.
func (r recipe) upInside(ctx context.Context, machine lab.Machine, options lab.Options, out io.Writer) (broughtUp, error) {
	arguments := []string{
		"lab", "up", "--topology", r.topology, "--mode", r.mode,
		"--name", machine.Name(), "--provider", r.provider.Name(), "--kernel", string(lab.HostKernel), "--output", string(formatJSON),
	}
	if r.leaves != "" {
		arguments = append(arguments, "--leaves", r.leaves.String())
	}
	if options.BIRD != "" {
		arguments = append(arguments, "--bird", options.BIRD)
	}
	if r.owner != "" {
		arguments = append(arguments, "--route-owner", r.owner.String())
	}
	var told bytes.Buffer
	// An interrupt ends the command inside, which takes its lab down.
	status, err := machine.Rerun(ctx, arguments, nil, &told, out)
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
func (r recipe) measureInside(ctx context.Context, options lab.Options, out io.Writer, title string) (bench.Run, error) {
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
