// Command rackproof brings up labs of leaf-spine fabrics with Calico on them,
// and builds what they are made of. Output for scripts goes to standard output,
// progress and errors to standard error.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/lab/providers"
	"github.com/rackproof/rackproof/framework/soak"
)

func main() {
	// A process of a lab may be this program again, and so are Rackproof's Docker daemon
	// and the hog of a soak.
	providers.All().RunIfPart()
	docker.RunIfDaemon()
	soak.RunIfHog()
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	// The first signal asks for an orderly end, a second one ends the program.
	context.AfterFunc(ctx, stop)
	return report(os.Stderr, newRootCommand().ExecuteContext(ctx), ctx.Err() != nil)
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "rackproof",
		Short: "Proves that Calico's BGP networking works on a leaf-spine fabric",
		Example: "  rackproof components build\n" +
			"  rackproof lab up\n" +
			"  rackproof report summary results",
		// main prints an error once, and errors are seldom about usage.
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
	}
	root.AddCommand(newComponentsCommand(), newDockerCommand(), newImagesCommand(), newLabCommand(), newTopologyCommand(), newPlanCommand(), newBenchCommand(), newCatalogueCommand(), newReportCommand(), newSoakCommand(), newSabotageCommand())
	checkUsage(root)
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
