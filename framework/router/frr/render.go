package frr

import (
	"bytes"
	_ "embed"
	"fmt"
	"text/template"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router"
)

//go:embed bgpd.conf.tmpl
var bgpdConf string

var bgpdTemplate = template.Must(template.New("bgpd.conf").Parse(bgpdConf))

// zebraConf is zebra's configuration. With nexthop objects in the kernel, zebra
// 8.4.4 goes on to use a group that lost a member with its link after the link
// is back: the RIB has both next hops then, and the kernel one.
const zebraConf = `hostname %s
!
no zebra nexthop kernel enable
`

// Render implements router.Driver: one file for each daemon, which the
// daemons read themselves. FRR's usual single frr.conf would have to be loaded by
// vtysh once the daemons run, which takes longer and can fail half way.
//
// The third file, vtysh.conf, is empty; without it vtysh complains on each call.
func (Driver) Render(r fabric.Router) ([]router.File, error) {
	if err := r.Check(); err != nil {
		return nil, fmt.Errorf("render FRR's configuration of %s: %w", r.Host, err)
	}
	var bgpd bytes.Buffer
	if err := bgpdTemplate.Execute(&bgpd, r); err != nil {
		return nil, fmt.Errorf("render FRR's configuration of %s: %w", r.Host, err)
	}
	return []router.File{
		{Path: zebraConfig, Content: fmt.Appendf(nil, zebraConf, r.Host)},
		{Path: bgpdConfig, Content: bgpd.Bytes()},
		{Path: vtyshConfig},
	}, nil
}
