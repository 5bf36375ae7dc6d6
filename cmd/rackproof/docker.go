package main

import (
	"fmt"

	"github.com/moby/moby/client"
	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/build/docker"
)

func newDockerCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "docker",
		Short: "Start and stop a Docker daemon of Rackproof's own",
		Long: "Labs of kind and containerlab need a Docker daemon. Rackproof's own is the distribution's, in\n" +
			"namespaces of its own, so that nothing of it is in this machine's network namespace. Its images\n" +
			"are in the user's cache folder ($XDG_CACHE_HOME/rackproof/docker, or ~/.cache/rackproof/docker).",
		Example: "  rackproof docker up\n" +
			"  DOCKER_HOST=$(rackproof docker status) docker images\n" +
			"  rackproof docker down",
	}
	command.AddCommand(newDockerUpCommand(), newDockerDownCommand(), newDockerStatusCommand())
	return command
}

func newDockerUpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "up",
		Short:   "Start the daemon, if it does not run, and print its address",
		Example: "  rackproof docker up",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			cache, err := component.DefaultCacheDir()
			if err != nil {
				return err
			}
			remark, err := docker.Remark()
			if err != nil {
				return err
			}
			if remark != "" {
				fmt.Fprintln(command.ErrOrStderr(), "docker:", remark)
			}
			daemon, err := docker.Start(command.Context(), docker.Options{CacheDir: cache})
			if err != nil {
				return err
			}
			fmt.Fprintln(command.OutOrStdout(), daemon.Host())
			return nil
		},
	}
}

func newDockerDownCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "down",
		Short:   "End the daemon and every container; its images stay",
		Example: "  rackproof docker down",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return docker.Stop(command.Context())
		},
	}
}

func newDockerStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "Print the address of the daemon that labs would use; fail if there is none",
		Example: "  rackproof docker status",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			daemon, err := docker.Find(command.Context())
			if err != nil {
				return err
			}
			c, err := daemon.Client()
			if err != nil {
				return err
			}
			defer c.Close()
			version, err := c.ServerVersion(command.Context(), client.ServerVersionOptions{})
			if err != nil {
				return fmt.Errorf("ask the Docker daemon at %s for its version: %w", daemon.Host(), err)
			}
			owner := "of this machine"
			if daemon.Private() {
				owner = fmt.Sprintf("Rackproof's own, process %d", daemon.PID())
			}
			fmt.Fprintf(command.ErrOrStderr(), "docker: version %s, API %s, %s\n", version.Version, version.APIVersion, owner)
			fmt.Fprintln(command.OutOrStdout(), daemon.Host())
			return nil
		},
	}
}
