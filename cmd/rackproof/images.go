package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/build/image"
)

func newImagesCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "images",
		Short: "Build and list the images that labs on Docker run",
		Long: "Labs of kind and containerlab run images that are built here, from the distribution's packages\n" +
			"and the components, where no registry can be reached.",
		Example: "  rackproof images build\n" +
			"  rackproof images list",
	}
	command.AddCommand(newImagesBuildCommand(), newImagesListCommand())
	return command
}

func newImagesBuildCommand() *cobra.Command {
	var source string
	var load bool
	build := &cobra.Command{
		Use:   "build [IMAGE...]",
		Short: "Build the images that the cache does not have, and load them into Docker",
		Long: "Build the images that the cache does not have, and the components that they are made from, and\n" +
			"load those that Docker runs into the daemon that labs use. Needs root and, the first time, a\n" +
			"network to fetch the distribution's packages and Go modules from.",
		Example: "  rackproof images build\n" +
			"  rackproof images build frr bird",
		Args: cobra.ArbitraryArgs,
		RunE: func(command *cobra.Command, names []string) error {
			cache, err := component.DefaultCacheDir()
			if err != nil {
				return err
			}
			root, err := component.SourceRoot(source)
			if err != nil {
				// Only a build of components needs the source tree, and says so by itself.
				root = source
			}
			manifest, err := image.Load()
			if err != nil {
				return err
			}
			var daemon *docker.Daemon
			if load {
				// Before minutes are spent on what could not be loaded.
				if daemon, err = docker.Find(command.Context()); err != nil {
					return err
				}
			}
			builds, err := manifest.Build(command.Context(), image.Options{
				SourceRoot: root, CacheDir: cache, Progress: command.ErrOrStderr(),
			}, names...)
			if err != nil || !load {
				return err
			}
			c, err := daemon.Client()
			if err != nil {
				return err
			}
			defer c.Close()
			if err := builds.Load(command.Context(), c, command.ErrOrStderr()); err != nil {
				return err
			}
			fmt.Fprintf(command.ErrOrStderr(), "images: ready in the Docker daemon at %s\n", daemon.Host())
			return nil
		},
	}
	build.Flags().StringVar(&source, "source", ".", "a folder inside of Rackproof's source tree")
	build.Flags().BoolVar(&load, "load", true, "load the images into the Docker daemon")
	return build
}

func newImagesListCommand() *cobra.Command {
	var output *format
	list := &cobra.Command{
		Use:   "list",
		Short: "List the images, and which of them Docker has",
		Example: "  rackproof images list\n" +
			"  rackproof images list -o json | jq -r '.[] | select(.name == \"frr\").reference'",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			manifest, err := image.Load()
			if err != nil {
				return err
			}
			daemon, err := docker.Find(command.Context())
			if err != nil {
				return err
			}
			c, err := daemon.Client()
			if err != nil {
				return err
			}
			defer c.Close()
			entries, err := manifest.List(command.Context(), c)
			if err != nil {
				return err
			}
			if *output == formatJSON {
				return writeJSON(command.OutOrStdout(), entries)
			}
			return writeImages(command.OutOrStdout(), entries)
		},
	}
	output = formatFlag(list, formatTable, formatJSON)
	return list
}

func writeImages(writer io.Writer, entries []image.Entry) error {
	table := tabwriter.NewWriter(writer, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NAME\tUSE\tIN DOCKER\tREFERENCE\tPUBLIC")
	for _, entry := range entries {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", entry.Name, entry.Use, entry.Source, entry.Reference, entry.Public)
	}
	return table.Flush()
}
