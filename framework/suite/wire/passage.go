package wire

import (
	"fmt"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/rackproof/rackproof/framework/observe"
)

// passagePackets is how many packets a failure shows.
const passagePackets = 8

// PassIn succeeds when packets of the conversation were seen in both directions, at
// whichever of the interfaces, and every one of them was in a tunnel of this kind whose
// ends are the two nodes. Packets that a bridge flooded to other interfaces do not
// count.
func (c Conversation) PassIn(kind observe.Encapsulation) types.GomegaMatcher {
	return &passage{conversation: c, kind: kind}
}

// PassPlain succeeds when packets of the conversation were seen in both directions, and
// none of them was in a tunnel.
func (c Conversation) PassPlain() types.GomegaMatcher { return c.PassIn(observe.Plain) }

// NotPass succeeds when no packet of the conversation was seen, in a tunnel or plain. It
// says something only if the conversation took place: see the answers of its probes.
func (c Conversation) NotPass() types.GomegaMatcher { return &passage{conversation: c} }

// passage compares the captured packets with how a conversation has to pass.
type passage struct {
	conversation Conversation
	// kind is empty if nothing is to pass.
	kind observe.Encapsulation

	there, back int
	// wrong are packets that are not as they have to be, each with its interface.
	wrong []string
}

// Match implements types.GomegaMatcher.
func (m *passage) Match(actual any) (bool, error) {
	seen, ok := actual.(Seen)
	if !ok {
		return false, fmt.Errorf("this needs what captures have Seen, not %T", actual)
	}
	if len(seen) == 0 {
		return false, fmt.Errorf("there was no capture, which says nothing")
	}
	m.there, m.back, m.wrong = 0, 0, nil
	for _, end := range seen.ends() {
		for _, p := range seen[end] {
			if fault := m.judge(p); fault != "" {
				m.wrong = append(m.wrong, fmt.Sprintf("%s %s: %s: %s", end.Host, end.Name, fault, p))
			}
		}
	}
	if m.kind == "" {
		return len(m.wrong) == 0, nil
	}
	return len(m.wrong) == 0 && m.there > 0 && m.back > 0, nil
}

// judge counts a packet and tells what is wrong with it.
func (m *passage) judge(p observe.Packet) string {
	c := m.conversation
	switch {
	case p.Direction == observe.Overheard:
		return ""
	case c.maybe(p):
		if p.Encapsulation() == m.kind {
			return ""
		}
		return "a fragment of an unknown packet"
	case !c.is(p):
		return ""
	}
	if c.there(p.Header) {
		m.there++
	} else {
		m.back++
	}
	switch {
	case m.kind == "":
		return string(p.Encapsulation())
	case p.Encapsulation() != m.kind:
		return fmt.Sprintf("%s, not %s", p.Encapsulation(), m.kind)
	case !c.rightlyIn(m.kind, p):
		return "between other ends than the nodes"
	}
	return ""
}

// want describes the expected packets.
func (m *passage) want() string {
	c := m.conversation
	switch m.kind {
	case "":
		return fmt.Sprintf("No packet between %s and %s", c.A, c.B)
	case observe.Plain:
		return fmt.Sprintf("Packets between %s and %s in both directions, all of them plain", c.A, c.B)
	}
	return fmt.Sprintf("Packets between %s and %s in both directions, all of them in %s between %s and %s", c.A, c.B, m.kind, c.NodeA, c.NodeB)
}

// FailureMessage implements types.GomegaMatcher.
func (m *passage) FailureMessage(any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Expected %s.\nThere were %d there and %d back", m.want(), m.there, m.back)
	if len(m.wrong) == 0 {
		return b.String() + ": capture where they pass, and see that the probe was answered."
	}
	fmt.Fprintf(&b, ", and these are wrong (%d):", len(m.wrong))
	for i, text := range m.wrong {
		if i == passagePackets {
			fmt.Fprintf(&b, "\n  … and %d more", len(m.wrong)-i)
			break
		}
		b.WriteString("\n  " + text)
	}
	return b.String()
}

// NegatedFailureMessage implements types.GomegaMatcher.
func (m *passage) NegatedFailureMessage(any) string {
	return fmt.Sprintf("%s were seen, and should not have been. Expect other packets instead.", m.want())
}
