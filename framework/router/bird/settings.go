package bird

import (
	"bytes"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strconv"
)

// localAS finds the local AS number of each BGP protocol and template in a BIRD
// configuration: its own `local as N`, or that of the template it is made from.
func localAS(config []byte) (map[string]uint32, error) {
	numbers := map[string]uint32{}
	err := protocolSettings(config, func(name, template string, statement []string) error {
		if statement == nil {
			numbers[name] = numbers[template]
			return nil
		}
		// local as N; or local ADDRESS as N;
		n := len(statement)
		if n < 3 || statement[0] != "local" || statement[n-2] != "as" {
			return nil
		}
		as, err := strconv.ParseUint(statement[n-1], 10, 32)
		if err != nil {
			return fmt.Errorf("protocol %s: local as: %w", name, err)
		}
		numbers[name] = uint32(as)
		return nil
	})
	return numbers, err
}

// Passive finds the neighbors of the BGP protocols in a BIRD configuration, and for which of
// them BIRD waits until they connect.
func Passive(config []byte) (map[netip.Addr]bool, error) {
	neighbors, waits := map[string]netip.Addr{}, map[string]bool{}
	err := protocolSettings(config, func(name, template string, statement []string) error {
		switch {
		case statement == nil:
			waits[name] = waits[template]
		case len(statement) >= 2 && statement[0] == "neighbor":
			address, err := netip.ParseAddr(statement[1])
			if err != nil {
				return fmt.Errorf("protocol %s: neighbor: %w", name, err)
			}
			neighbors[name] = address
		case len(statement) == 2 && statement[0] == "passive":
			waits[name] = statement[1] == "on"
		}
		return nil
	})
	passive := map[netip.Addr]bool{}
	for name, address := range neighbors {
		passive[address] = waits[name]
	}
	return passive, err
}

// protocolSettings goes through the BGP protocols and templates of a BIRD configuration. It
// calls do at the begin of each, with the template that it is made from, and with each of its
// statements.
func protocolSettings(config []byte, do func(name, template string, statement []string) error) error {
	var (
		statement []string
		depth     int
		name      string // of the BGP protocol or template around
	)
	for word := range words(config) {
		var err error
		switch word {
		case "{":
			if depth == 0 {
				name = ""
				// protocol bgp NAME from TEMPLATE { …
				if len(statement) >= 3 && statement[1] == "bgp" {
					name = statement[2]
					if from := slices.Index(statement, "from"); from >= 0 && from+1 < len(statement) {
						err = do(name, statement[from+1], nil)
					}
				}
			}
			depth++
			statement = nil
		case "}":
			depth--
			statement = nil
		case ";":
			if depth == 1 && name != "" && len(statement) > 0 {
				err = do(name, "", statement)
			}
			statement = nil
		default:
			statement = append(statement, word)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// words splits a BIRD configuration into words, braces and semicolons, without
// comments. A quoted string is one word.
func words(config []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(config) > 0 {
			length := 1
			switch c := config[0]; {
			case c == '#':
				config = config[through(config, "\n"):]
				continue
			case bytes.HasPrefix(config, []byte("/*")):
				config = config[through(config, "*/"):]
				continue
			case bytes.IndexByte([]byte(" \t\r\n"), c) >= 0:
				config = config[1:]
				continue
			case c == '"':
				length += through(config[1:], `"`)
			case bytes.IndexByte([]byte("{};"), c) < 0:
				if length = bytes.IndexAny(config, " \t\r\n#\"{};"); length < 0 {
					length = len(config)
				}
			}
			if !yield(string(config[:length])) {
				return
			}
			config = config[length:]
		}
	}
}

// through returns the length of what stands before mark, and mark, or of all if
// mark is not there.
func through(config []byte, mark string) int {
	if i := bytes.Index(config, []byte(mark)); i >= 0 {
		return i + len(mark)
	}
	return len(config)
}
