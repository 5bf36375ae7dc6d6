// Package vyos reads and renders the boot configurations of VyOS 1.4
// (/config/config.boot), and makes a topology of those of a fabric's routers. It
// is pure: it knows files as bytes only, and neither labs nor tests.
//
// Reading goes in three steps: a lexer, a parser that knows blocks and no
// statement, and an interpreter that makes a Config of the tree. What matters to
// sessions and routes is read or refused, never passed over: under `protocols
// bgp` an unknown statement is an error. What a lab has no use for, as a
// console's speed, is skipped; what a lab leaves out and an engineer might miss,
// as NAT, is a remark.
//
// Statements are those of VyOS 1.4 (vyos-1x, interface-definitions), which runs
// FRR. What labs set beside what a fabric.Router says (data-centre timers,
// multipath over different AS numbers, networks announced only while they are
// there) is rendered as far as VyOS has a statement for it.
package vyos

import "github.com/rackproof/rackproof/framework/router/frr"

// Software is what a topology says of a host that VyOS runs on: VyOS speaks BGP by FRR.
const Software = frr.Name
