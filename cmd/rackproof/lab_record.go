package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/snapshot"
)

func newLabRecordCommand() *cobra.Command {
	record := &cobra.Command{
		Use:   "record FILE",
		Short: "Write a lab's state and what its hosts have into a file",
		Long: "Write what decides over a lab's sessions and routes, and all sessions, routes, BGP paths and VTEPs of\n" +
			"its hosts, into a file. In fixtures/labs `go test ./framework/oracle` compares it with the oracle from\n" +
			"then on. The command does not know of cut links. A file that is there is left alone.\n\n" +
			"The exit status is 1 if the hosts differ from the oracle. Then the file is written too, and the\n" +
			"difference is printed.",
		Example: "  rackproof lab record fixtures/labs/mine.yaml",
		Args:    cobra.ExactArgs(1),
	}
	name := nameFlag(record)
	record.RunE = func(command *cobra.Command, arguments []string) error {
		l, err := attach(command, *name)
		if err != nil {
			return err
		}
		if _, err := fixtures.Topology(l.Topology().Name); err != nil {
			return fmt.Errorf("record lab %s: %w (a record has the name of an embedded topology)", l.Name(), err)
		}
		ctx, cancel := context.WithTimeout(command.Context(), statusTimeout)
		defer cancel()
		taken, err := take(ctx, l)
		if err != nil {
			return err
		}
		if err := writeRecord(arguments[0], taken); err != nil {
			return err
		}
		difference, err := taken.Difference()
		if err != nil {
			return err
		}
		if difference != "" {
			fmt.Fprint(command.OutOrStdout(), difference)
			return exitStatus(exitFailure)
		}
		return nil
	}
	return record
}

// take reads a lab's record.
func take(ctx context.Context, l lab.Running) (snapshot.Record, error) {
	cluster, err := observe.NewCluster(l)
	if err != nil {
		return snapshot.Record{}, err
	}
	state, err := cluster.State(ctx)
	if err != nil {
		return snapshot.Record{}, err
	}
	view, err := observe.View(ctx, l, state.Routers)
	if err != nil {
		return snapshot.Record{}, err
	}
	return snapshot.Record{Source: "lab record", Mode: l.Mode().Name, Calico: l.CalicoVersion(), State: state, Seen: view.Lines()}, nil
}

// writeRecord writes a record into a file that is not there yet.
func writeRecord(path string, record snapshot.Record) error {
	data, err := record.Encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write a record: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write a record: %w", err)
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}
