package snapshot

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/framework/yamlfile"
)

// Record is a lab's state and what its hosts had, as a file keeps it.
type Record struct {
	// Source says when the lab was so: after which spec, or by which random changes.
	Source string
	// Mode is the mode that the lab was in, Calico the version that it ran.
	Mode, Calico string
	// KnownIssue is the number of the defect of Calico by which the hosts have something
	// else than the oracle computes; empty for a state in which they agree.
	KnownIssue string
	State      oracle.State
	// Seen is what the hosts had.
	Seen Lines
}

// file is the form of a record in its file. The topology stands in its own file, and a
// record has its name.
type file struct {
	Source, Mode, Calico, Topology string
	KnownIssue                     string
	State                          state
	Seen                           Lines
}

// state is what of an oracle.State a file has: everything but the topology and the software
// of routers, and links as lists.
type state struct {
	oracle.State
	// These are no part of the file: always nil.
	Topology, Software *struct{} `json:",omitempty"`
	// These have another form there.
	CutLinks []string
	CutEnds  []oracle.End
}

// Encode writes a record as YAML: sorted, with a row a line, and without what is empty, so
// that two records are compared by diff.
func (r Record) Encode() ([]byte, error) {
	s := state{State: named(r.State)}
	s.CutLinks = slices.Sorted(maps.Keys(kept(r.State.CutLinks)))
	s.CutEnds = slices.SortedFunc(maps.Keys(kept(r.State.CutEnds)), func(a, b oracle.End) int {
		return cmp.Or(cmp.Compare(a.Link, b.Link), cmp.Compare(a.Host, b.Host))
	})
	text, err := json.Marshal(file{r.Source, r.Mode, r.Calico, r.State.Topology.Name, r.KnownIssue, s, r.Seen})
	if err != nil {
		return nil, fmt.Errorf("encode the record of %s: %w", r.Source, err)
	}
	// JSON is YAML; read as such, its whole numbers stay whole.
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("encode the record of %s: %w", r.Source, err)
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(1)
	if err := encoder.Encode(pruned(tree)); err != nil {
		return nil, fmt.Errorf("encode the record of %s: %w", r.Source, err)
	}
	return out.Bytes(), nil
}

// Decode reads a record. find finds its topology by the name; software is what routers can
// run. A field that a state no longer has is an error: record it again.
func Decode(name string, data []byte, find func(name string) (*topology.Topology, error), software map[topology.Software]bgp.Software) (Record, error) {
	documents, err := yamlfile.Read(name, data)
	if err != nil {
		return Record{}, err
	}
	if len(documents) != 1 {
		return Record{}, fmt.Errorf("%s: read a record: the file has %d documents: write one", name, len(documents))
	}
	var f file
	if err := documents[0].Decode(&f); err != nil {
		return Record{}, fmt.Errorf("%w (record the state again)", err)
	}
	r := Record{Source: f.Source, Mode: f.Mode, Calico: f.Calico, KnownIssue: f.KnownIssue, State: f.State.State, Seen: f.Seen}
	if r.State.Topology, err = find(f.Topology); err != nil {
		return Record{}, fmt.Errorf("%s: %w", name, err)
	}
	r.State.Software = software
	r.State.CutLinks, r.State.CutEnds = map[string]bool{}, map[oracle.End]bool{}
	for _, link := range f.State.CutLinks {
		r.State.CutLinks[link] = true
	}
	for _, end := range f.State.CutEnds {
		r.State.CutEnds[end] = true
	}
	return r, nil
}

// Difference describes how the hosts differ from the oracle; empty if they do not.
func (r Record) Difference() (string, error) {
	expected, err := Expected(r.State)
	if err != nil {
		return "", err
	}
	return r.Seen.Difference(expected.Lines()), nil
}

// kept are the members of a set.
func kept[K comparable](set map[K]bool) map[K]bool {
	members := maps.Clone(set)
	maps.DeleteFunc(members, func(_ K, in bool) bool { return !in })
	return members
}

// named leaves of the resources' metadata the name: all else is the API server's.
func named(s oracle.State) oracle.State {
	s = s.Clone()
	r := &s.Resources
	for i := range r.BGPConfigurations {
		strip(&r.BGPConfigurations[i].TypeMeta, &r.BGPConfigurations[i].ObjectMeta)
	}
	for i := range r.BGPPeers {
		strip(&r.BGPPeers[i].TypeMeta, &r.BGPPeers[i].ObjectMeta)
	}
	for i := range r.BGPFilters {
		strip(&r.BGPFilters[i].TypeMeta, &r.BGPFilters[i].ObjectMeta)
	}
	for i := range r.FelixConfigurations {
		strip(&r.FelixConfigurations[i].TypeMeta, &r.FelixConfigurations[i].ObjectMeta)
	}
	for i := range r.IPPools {
		strip(&r.IPPools[i].TypeMeta, &r.IPPools[i].ObjectMeta)
	}
	return s
}

func strip(kind *metav1.TypeMeta, meta *metav1.ObjectMeta) {
	*kind, *meta = metav1.TypeMeta{}, metav1.ObjectMeta{Name: meta.Name}
}

// pruned is a tree without what is empty. Numbers and truth values stay: a pointer to zero
// is something else than none.
func pruned(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if inner = pruned(inner); inner == nil {
				delete(v, key)
			} else {
				v[key] = inner
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i, inner := range v {
			if inner = pruned(inner); inner != nil {
				v[i] = inner // its place counts, also that of an empty one
			}
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return value
}
