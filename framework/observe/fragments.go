package observe

// fragments gives the later fragments of a packet what only the first one tells: the
// ports, and, for the fragments of a tunnel's packet, what was in the tunnel. Those
// that come before their first wait for it.
type fragments struct {
	firsts  map[fragmented]Packet
	waiting map[fragmented][]Packet
}

// fragmented is a packet of which there are fragments (RFC 791). Inside a tunnel there
// may be one with the same numbers as outside of it, and a packet may pass an
// interface twice.
type fragmented struct {
	header    Header
	inside    bool
	direction Direction
}

func newFragments() *fragments {
	return &fragments{firsts: map[fragmented]Packet{}, waiting: map[fragmented][]Packet{}}
}

// take takes in a packet and returns what is complete by now: the packet itself if its
// first fragment is known or it needs none, and then those that waited for it.
func (f *fragments) take(p Packet) []Packet {
	if outermost := p.Outermost(); outermost.ContinuesFragments() {
		return f.complete(p, partOf(p, outermost, false))
	}
	if p.Outer != nil && p.ContinuesFragments() {
		return f.complete(p, partOf(p, p.Header, true))
	}
	return f.release(p)
}

// complete gives a later fragment what its first one tells, or keeps it until that
// has come.
func (f *fragments) complete(p Packet, of fragmented) []Packet {
	first, ok := f.firsts[of]
	if !ok {
		f.waiting[of] = append(f.waiting[of], p)
		return nil
	}
	if !of.inside && first.Outer != nil {
		outer := p.Header
		p.Outer, p.Header, p.VNI = &outer, first.Header, first.VNI
	}
	p.SourcePort, p.DestinationPort = first.SourcePort, first.DestinationPort
	return f.release(p)
}

// release returns a packet that is complete and whatever has waited for it.
func (f *fragments) release(p Packet) []Packet {
	ready := []Packet{p}
	outermost := p.Outermost()
	if outermost.BeginsFragments() {
		ready = append(ready, f.begin(p, partOf(p, outermost, false))...)
	}
	if p.Outer != nil && !outermost.ContinuesFragments() && p.BeginsFragments() {
		ready = append(ready, f.begin(p, partOf(p, p.Header, true))...)
	}
	return ready
}

func (f *fragments) begin(first Packet, of fragmented) []Packet {
	f.firsts[of] = first
	var ready []Packet
	for _, p := range f.waiting[of] {
		ready = append(ready, f.complete(p, of)...)
	}
	delete(f.waiting, of)
	return ready
}

// orphans are the fragments whose first has not come.
func (f *fragments) orphans() []Packet {
	var all []Packet
	for _, list := range f.waiting {
		all = append(all, list...)
	}
	return all
}

// partOf is the packet that a fragment with a header is of. It leaves out the fields
// that differ between fragments of one packet.
func partOf(p Packet, h Header, inside bool) fragmented {
	return fragmented{
		header:    Header{Source: h.Source, Destination: h.Destination, Protocol: h.Protocol, Identification: h.Identification},
		inside:    inside,
		direction: p.Direction,
	}
}
