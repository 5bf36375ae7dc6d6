// Package vyos reads the boot configurations of VyOS 1.4 (/config/config.boot), and makes a topology of those of a fabric's routers. It
// is pure: it knows files as bytes only, and neither labs nor tests.
//
// Reading goes in three steps: a lexer, a parser that knows blocks and no
// statement, and an interpreter that makes a Config of the tree. It reads or refuses
// each statement that matters to sessions and routes: under `protocols bgp` an unknown
// statement is an error. It skips statements that a lab cannot use, such as a console's
// speed; what a lab leaves out and an engineer might miss, as NAT outside of the fabric, is a remark.
//
// Statements are those of VyOS 1.4 (vyos-1x, interface-definitions), which runs
// FRR. Labs have settings beside those of a fabric.Router (data-centre timers,
// multipath over different AS numbers, networks announced only while they exist). They
// are rendered as far as VyOS has a statement for them. No lab runs VyOS: rendering proves
// that what is read is whole, by configurations made at random.
package vyos

import "github.com/rackproof/rackproof/framework/router/frr"

// Software is what a topology says of a host that VyOS runs on: VyOS speaks BGP by FRR.
const Software = frr.Name
