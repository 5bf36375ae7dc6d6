package observe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
)

// legacyTables is where the kernel lists the tables of the older iptables that somebody has
// used in a network namespace.
const legacyTables = "/proc/thread-self/net/ip_tables_names"

// Of the kernel's linux/netfilter_ipv4/ip_tables.h and linux/netfilter/x_tables.h: the
// options that ask for a table, and the layout of its entries on machines of 64 bits.
const (
	optionInfo    = 64
	optionEntries = 65

	tableNameLength = 32
	hooks           = 5
	infoLength      = 84
	infoHooks       = tableNameLength + 4
	infoUnderflows  = infoHooks + 4*hooks
	infoSize        = infoLength - 4
	entriesHeader   = 40

	entryTargetOffset = 88
	entryNextOffset   = 90
	entryHeader       = 112
	entryFlags        = 82
	entryGoto         = 2
	// An extension is a match or a target: its size, its name and its revision.
	extensionHeader = 32
	extensionName   = 2
	extensionNames  = 29
)

// Verdicts of the standard target that are no jump.
const (
	verdictDrop   = -1
	verdictAccept = -2
	verdictReturn = -5
)

// errorTarget begins a chain that is not the kernel's own, and has its name.
const errorTarget = "ERROR"

// hookChains are the names of the kernel's own chains, by their hook.
func hookChains() []string {
	return []string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}
}

// legacyChains reads the chains of the older iptables, as iptables-legacy-save does, but
// without a process for each table: starting one takes long in a virtual machine.
func legacyChains(inside namespace.Set) ([]filterChain, error) {
	var chains []filterChain
	err := inside.Do(func() error {
		names, err := os.ReadFile(legacyTables)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the kernel has none
		}
		if err != nil {
			return err
		}
		for table := range strings.FieldsSeq(string(names)) {
			info, entries, err := readLegacyTable(table)
			if err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
			found, err := parseLegacyTable(table, info, entries)
			if err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
			chains = append(chains, found...)
		}
		return nil
	})
	return chains, err
}

// readLegacyTable reads a table of the network namespace that the thread is in. Somebody
// may replace it between the two questions; then the kernel says EAGAIN.
func readLegacyTable(table string) (info, entries []byte, err error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = unix.Close(socket) }()
	ask := func(option int, answer []byte) error {
		copy(answer, table)
		length := uint32(len(answer))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(socket), unix.SOL_IP, uintptr(option),
			uintptr(unsafe.Pointer(&answer[0])), uintptr(unsafe.Pointer(&length)), 0)
		if errno != 0 {
			return errno
		}
		return nil
	}
	for range filterReads {
		info = make([]byte, infoLength)
		if err = ask(optionInfo, info); err != nil {
			return nil, nil, err
		}
		size := binary.NativeEndian.Uint32(info[infoSize:])
		answer := make([]byte, entriesHeader+int(size))
		binary.NativeEndian.PutUint32(answer[tableNameLength:], size)
		if err = ask(optionEntries, answer); err == nil {
			// The kernel notices another size alone.
			again := make([]byte, infoLength)
			if err = ask(optionInfo, again); err == nil && bytes.Equal(info, again) {
				return info, answer[entriesHeader:], nil
			}
			if err == nil {
				err = unix.EAGAIN
			}
		}
		if !errors.Is(err, unix.EAGAIN) {
			break
		}
	}
	return nil, nil, err
}

// legacyEntry is a rule as the kernel has it.
type legacyEntry struct {
	at, next int
	// target is its name, empty for the standard one, which has a verdict; and head is the
	// name of the chain that the entry begins.
	target, head string
	verdict      int
	comments     []string
	goesTo       bool
}

// parseLegacyTable makes chains of a table. The last rule of a chain is its policy; one
// that is not the kernel's own returns, whatever its maker wrote.
func parseLegacyTable(table string, info, data []byte) ([]filterChain, error) {
	var entries []legacyEntry
	for at := 0; at < len(data); {
		e, err := parseLegacyEntry(data, at)
		if err != nil {
			return nil, err
		}
		entries, at = append(entries, e), e.next
	}
	begins, policies := map[int]string{}, map[int]string{}
	for hook, name := range hookChains() {
		if binary.NativeEndian.Uint32(info[tableNameLength:])&(1<<hook) != 0 {
			begins[int(binary.NativeEndian.Uint32(info[infoHooks+4*hook:]))] = name
			policies[int(binary.NativeEndian.Uint32(info[infoUnderflows+4*hook:]))] = name
		}
	}
	for _, e := range entries {
		if e.head != "" {
			begins[e.next] = e.head
		}
	}
	var chains []filterChain
	for i, e := range entries {
		if name, ok := begins[e.at]; ok {
			chains = append(chains, filterChain{table: "iptables-legacy " + table, name: name, remedy: fmt.Sprintf("iptables-legacy -t %s -P %s ACCEPT", table, name)})
		}
		if e.head != "" || len(chains) == 0 || e.target == errorTarget {
			continue
		}
		chain := &chains[len(chains)-1]
		if _, ok := policies[e.at]; ok {
			chain.drops = e.verdict == verdictDrop
			continue
		}
		if !slices.Contains(hookChains(), chain.name) && i+1 < len(entries) && entries[i+1].target == errorTarget {
			continue // the chain's end
		}
		chain.rules = append(chain.rules, describeLegacy(table, chain.name, len(chain.rules)+1, e, begins))
	}
	return chains, nil
}

// describeLegacy is a rule with its number in its chain, from 1.
func describeLegacy(table, chain string, number int, e legacyEntry, begins map[int]string) filterRule {
	rule := filterRule{comments: e.comments, remedy: fmt.Sprintf("iptables-legacy -t %s -D %s %d", table, chain, number)}
	verdicts := map[int]string{verdictDrop: "drop", verdictAccept: "accept", verdictReturn: "return"}
	does := e.target
	switch {
	case e.target != "":
	case e.verdict >= 0 && e.verdict == e.next:
		does = "count"
	case e.verdict >= 0:
		rule.jumps = begins[e.verdict]
		does = "jump to " + rule.jumps
		if e.goesTo {
			does = "goto " + rule.jumps
		}
	default:
		does = verdicts[e.verdict]
	}
	rule.does = fmt.Sprintf("rule %d: %s", number, does)
	if len(e.comments) > 0 {
		rule.does += fmt.Sprintf(" (%s)", strings.Join(e.comments, "; "))
	}
	return rule
}

// errLegacyEntry is an entry that does not have the layout above.
var errLegacyEntry = errors.New("an entry of another layout than Rackproof knows")

func parseLegacyEntry(data []byte, at int) (legacyEntry, error) {
	if at+entryHeader > len(data) {
		return legacyEntry{}, errLegacyEntry
	}
	entry := data[at:]
	target := int(binary.NativeEndian.Uint16(entry[entryTargetOffset:]))
	length := int(binary.NativeEndian.Uint16(entry[entryNextOffset:]))
	if target < entryHeader || target+extensionHeader > length || length > len(entry) {
		return legacyEntry{}, errLegacyEntry
	}
	e := legacyEntry{at: at, next: at + length, goesTo: entry[entryFlags]&entryGoto != 0}
	for match := entryHeader; match < target; {
		size := int(binary.NativeEndian.Uint16(entry[match:]))
		if size < extensionHeader || match+size > target {
			return legacyEntry{}, errLegacyEntry
		}
		if nameAt(entry, match) == "comment" {
			e.comments = append(e.comments, text(entry[match+extensionHeader:match+size]))
		}
		match += size
	}
	body := entry[target+extensionHeader : length]
	switch e.target = nameAt(entry, target); {
	case e.target == errorTarget:
		if e.head = text(body); e.head == errorTarget {
			e.head = "" // the table's end
		}
	case e.target == "" && len(body) >= 4:
		e.verdict = int(int32(binary.NativeEndian.Uint32(body)))
	case e.target == "":
		return legacyEntry{}, errLegacyEntry
	}
	return e, nil
}

// nameAt is the name of a match or target.
func nameAt(entry []byte, at int) string {
	return text(entry[at+extensionName : at+extensionName+extensionNames])
}

// text is what stands before the first zero.
func text(field []byte) string {
	before, _, _ := bytes.Cut(field, []byte{0})
	return string(before)
}
