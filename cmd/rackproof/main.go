// Command rackproof brings up labs of leaf-spine fabrics with Calico on them,
// and builds what they are made of. What it prints for scripts goes to standard
// output, progress and errors to standard error.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	if err := newRootCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "rackproof:", err)
		if ctx.Err() != nil {
			// By the shells' convention: 128 and the number of SIGINT.
			return 130
		}
		return 1
	}
	return 0
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "rackproof",
		Short: "Proves that Calico's BGP networking works on a leaf-spine fabric",
		// An error is said once, by main, and is seldom about usage.
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
	}
	root.AddCommand(newComponentsCommand())
	return root
}

// version is the module's version as Go wrote it into the program: a release, a
// commit, or (devel).
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}
