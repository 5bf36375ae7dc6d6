package calicobird

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// question is a configuration that a BIRD accepts if it can put a route through a tunnel.
const question = `filter into_tunnel { krt_tunnel = "tunl0"; accept; }
protocol device { }
`

// Ask has a BIRD check a file with krt_tunnel, and returns nil if it takes it.
func Ask(ctx context.Context, program string) (err error) {
	file, err := os.CreateTemp("", "rackproof-bird-*.conf")
	if err != nil {
		return fmt.Errorf("ask %s for krt_tunnel: %w", program, err)
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	_, err = file.WriteString(question)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("ask %s for krt_tunnel: %w", program, err)
	}
	output, err := exec.CommandContext(ctx, program, "-p", "-c", file.Name()).CombinedOutput()
	switch _, answered := errors.AsType[*exec.ExitError](err); {
	case answered:
		line, _, _ := strings.Cut(strings.ReplaceAll(string(bytes.TrimSpace(output)), file.Name(), "a file with krt_tunnel"), "\n")
		return fmt.Errorf("%s is not Calico's own BIRD, which knows krt_tunnel: %w (%s); take that one out of Calico's image by `rackproof components bird`", program, err, line)
	case err != nil:
		return fmt.Errorf("ask %s for krt_tunnel: %w", program, err)
	}
	return nil
}
