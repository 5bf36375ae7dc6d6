package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/router/vyos"
	"github.com/rackproof/rackproof/framework/topology"
)

func newTopologyImportVyOSCommand() *cobra.Command {
	options := vyos.DefaultOptions()
	options.Nodes = map[netip.Addr]string{}
	var target string
	command := &cobra.Command{
		Use:   "import-vyos FILE…",
		Short: "Make a topology of routers' VyOS 1.4 configurations",
		Long: "Make a topology of the boot configurations (/config/config.boot) of a fabric's VyOS 1.4 routers, one file\n" +
			"each, named after its router. A router with neighbors of its own AS is a leaf, any other a spine. Neighbors\n" +
			"of leaves without a file become nodes, node0 and so on in the order of their addresses. The topology goes to\n" +
			"standard output. Remarks on standard error name each part that a lab leaves out, and each difference\n" +
			"between Rackproof's plan for the routers and the files.",
		Example: "  rackproof topology import-vyos fixtures/vyos/*.boot --file mine.yaml \\\n" +
			"    --node control-plane=10.1.5.10 --node worker=10.1.5.11 --node worker2=10.1.8.10 --node worker3=10.1.8.11\n" +
			"  rackproof lab up --topology ./mine.yaml --mode leafreflector",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) == 0 {
				return errors.New("name the routers' configurations")
			}
			return nil
		},
		RunE: func(command *cobra.Command, files []string) error {
			imported, err := importVyOS(files, options)
			if err != nil {
				return err
			}
			for _, remark := range imported.Remarks {
				fmt.Fprintln(command.ErrOrStderr(), "remark:", remark)
			}
			return writeTo(target, command.OutOrStdout(), imported.YAML)
		},
	}
	flags := command.Flags()
	flags.StringVarP(&options.Name, "name", "n", options.Name, "the topology's name")
	flags.TextVar(&options.Pods, "pods", options.Pods, "the pod network")
	flags.TextVar(&options.Services, "services", options.Services, "the network of cluster IPs")
	flags.TextVar(&options.Management, "management", options.Management, "the management network: address 2 for the control plane, 10 and following for nodes")
	flags.Var(nodeNames(options.Nodes), "node", "name the node with an address, which makes its neighbors leaves (may be given several times)")
	flags.StringVar(&target, "file", "", "write the topology to this file and not to standard output")
	return command
}

// importVyOS reads files and makes a topology of them. The error joins what is
// wrong with all of the files.
func importVyOS(files []string, options vyos.Options) (*vyos.Imported, error) {
	var (
		boots    []*vyos.Boot
		problems []error
	)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			problems = append(problems, fmt.Errorf("read VyOS configuration: %w", err))
			continue
		}
		boot, err := vyos.Read(file, data)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		boots = append(boots, boot)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return vyos.Import(boots, options)
}

// writeTo writes to a file, or to out if none is named.
func writeTo(file string, out io.Writer, data []byte) error {
	if file == "" {
		_, err := out.Write(data)
		return err
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return fmt.Errorf("write topology: %w", err)
	}
	return nil
}

// nodeNames is a flag that names nodes by their addresses: NAME=ADDRESS.
type nodeNames map[netip.Addr]string

// String implements pflag.Value.
func (n nodeNames) String() string {
	var pairs []string
	for _, address := range slices.SortedFunc(maps.Keys(n), netip.Addr.Compare) {
		pairs = append(pairs, n[address]+"="+address.String())
	}
	return strings.Join(pairs, ",")
}

// Type implements pflag.Value.
func (nodeNames) Type() string { return "NAME=ADDRESS" }

// Set implements pflag.Value.
func (n nodeNames) Set(text string) error {
	name, written, ok := strings.Cut(text, "=")
	if !ok {
		return errors.New("write NAME=ADDRESS, as in worker=10.1.5.11")
	}
	if err := topology.CheckName(name); err != nil {
		return err
	}
	address, err := netip.ParseAddr(written)
	if err != nil || !address.Is4() {
		return fmt.Errorf("%q is not an IPv4 address: write it as in worker=10.1.5.11", written)
	}
	if other, twice := n[address]; twice {
		return fmt.Errorf("%s is named twice, %s and %s: choose one", address, other, name)
	}
	n[address] = name
	return nil
}
