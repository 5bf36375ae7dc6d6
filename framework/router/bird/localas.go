package bird

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strconv"
)

// localAS finds the local AS number of each BGP protocol and template in a BIRD
// configuration: its own `local as N`, or that of the template it is made from.
func localAS(config []byte) (map[string]uint32, error) {
	numbers := map[string]uint32{}
	var (
		statement []string
		depth     int
		name      string // of the BGP protocol or template around
	)
	for word := range words(config) {
		switch word {
		case "{":
			if depth == 0 {
				name = ""
				// protocol bgp NAME from TEMPLATE { …
				if len(statement) >= 3 && statement[1] == "bgp" {
					name = statement[2]
					if from := slices.Index(statement, "from"); from >= 0 && from+1 < len(statement) {
						numbers[name] = numbers[statement[from+1]]
					}
				}
			}
			depth++
			statement = nil
		case "}":
			depth--
			statement = nil
		case ";":
			// local as N; or local ADDRESS as N;
			if n := len(statement); depth == 1 && name != "" && n >= 3 && statement[0] == "local" && statement[n-2] == "as" {
				as, err := strconv.ParseUint(statement[n-1], 10, 32)
				if err != nil {
					return nil, fmt.Errorf("protocol %s: local as: %w", name, err)
				}
				numbers[name] = uint32(as)
			}
			statement = nil
		default:
			statement = append(statement, word)
		}
	}
	return numbers, nil
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
