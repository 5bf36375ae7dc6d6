package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/build/calicobird"
	"github.com/rackproof/rackproof/framework/build/component"
)

func newComponentsCommand() *cobra.Command {
	components := &cobra.Command{
		Use:   "components",
		Short: "Build and list the programs that the embedded lab runs",
		Long: "The embedded lab runs Kubernetes' control plane, etcd and Calico, built once from Go modules\n" +
			"into the user's cache folder ($XDG_CACHE_HOME/rackproof, or ~/.cache/rackproof).",
		Example: "  rackproof components build\n" +
			"  rackproof components list",
	}
	components.AddCommand(newComponentsBuildCommand(), newComponentsListCommand(), newComponentsBIRDCommand())
	return components
}

func newComponentsBuildCommand() *cobra.Command {
	var source string
	var groups []string
	build := &cobra.Command{
		Use:   "build",
		Short: "Build the components that the cache does not have",
		Long: "Build the components that the cache does not have: about 10 minutes on two processors, once.\n" +
			"Needs Go, 10 GB of disk space and, the first time, a network to fetch Go modules from.",
		Example: "  rackproof components build",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			cache, err := component.DefaultCacheDir()
			if err != nil {
				return err
			}
			root, err := component.SourceRoot(source)
			if err != nil {
				// Only a build needs the source tree, and says so by itself.
				root = source
			}
			chosen, err := groupsOf(groups)
			if err != nil {
				return err
			}
			return component.Build(command.Context(), component.Options{
				SourceRoot: root,
				For:        chosen,
				CacheDir:   cache,
				Progress:   command.ErrOrStderr(),
			})
		},
	}
	build.Flags().StringSliceVar(&groups, "for", nil, fmt.Sprintf("also what some labs need: %v", component.Groups()))
	build.Flags().StringVar(&source, "source", ".", "a folder inside of Rackproof's source tree")
	return build
}

func newComponentsBIRDCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "bird IMAGE@DIGEST|FILE",
		Short: "Put Calico's own BIRD into the cache",
		Long: "Take Calico's own BIRD, and its client, out of an image of calico-node in a registry, by the image's\n" +
			"digest and without Docker, or from a file: an archive of the image (docker save), one of a root file\n" +
			"system (docker export), or the program with its client beside it. Labs use it from then on, with\n" +
			"Calico's templates as they are. It knows the route attribute krt_tunnel, which a stock BIRD does not.",
		Example: "  rackproof components bird REGISTRY/calico/node@sha256:0123…\n" +
			"  rackproof components bird calico-node.tar\n" +
			"  rackproof lab up --topology two-racks --mode ipip --route-owner bird",
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			cache, err := component.DefaultCacheDir()
			if err != nil {
				return err
			}
			take := calicobird.TakeFromImage
			if _, err := os.Stat(arguments[0]); err == nil {
				take = calicobird.TakeFromFile
			}
			if err := take(command.Context(), arguments[0], cache); err != nil {
				return err
			}
			_, err = fmt.Fprintf(command.OutOrStdout(), "Calico's BIRD is in %s\n", calicobird.Folder(cache))
			return err
		},
	}
}

// groupsOf are the groups of these names.
func groupsOf(names []string) ([]component.Group, error) {
	var groups []component.Group
	for _, name := range names {
		if !slices.Contains(component.Groups(), component.Group(name)) {
			return nil, fmt.Errorf("--for %s: nothing is built for that; use one of %v", name, component.Groups())
		}
		groups = append(groups, component.Group(name))
	}
	return groups, nil
}

func newComponentsListCommand() *cobra.Command {
	var output *format
	list := &cobra.Command{
		Use:   "list",
		Short: "List the components, and whether they are built",
		Example: "  rackproof components list\n" +
			"  rackproof components list -o json | jq -r '.[] | select(.name == \"kubectl\").path'",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			cache, err := component.DefaultCacheDir()
			if err != nil {
				return err
			}
			manifest, err := component.Load()
			if err != nil {
				return err
			}
			entries, err := manifest.List(cache)
			if err != nil {
				return err
			}
			if *output == formatJSON {
				return writeJSON(command.OutOrStdout(), entries)
			}
			return writeComponents(command.OutOrStdout(), entries)
		},
	}
	output = formatFlag(list, formatTable, formatJSON)
	return list
}

func writeComponents(writer io.Writer, entries []component.Entry) error {
	table := tabwriter.NewWriter(writer, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NAME\tVERSION\tMODULE\tBUILT\tPATH")
	for _, entry := range entries {
		built := "no"
		if entry.Built {
			built = "yes"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", entry.Name, entry.Version, entry.Module, built, entry.Path)
	}
	return table.Flush()
}
