package bird

import (
	"bytes"
	"fmt"
)

// ipamTemplate is the one of confd's templates that needs Calico's own BIRD.
const ipamTemplate = "bird_ipam.cfg.template"

// krtTunnel is the route attribute that Calico added to BIRD: the kernel takes
// the route through that tunnel.
const krtTunnel = "krt_tunnel"

// adaptation is a part of Calico v3.31's template and what stands in its place.
type adaptation struct {
	what, old, new string
}

// ipamAdaptations take krt_tunnel out of the template without deciding anything
// that depends on the pool: the template still does that, each time that confd
// renders it.
//
//   - A pool without encapsulation: krt_tunnel would be "", which is what stock
//     BIRD does with every route.
//   - A pool with IPIP, Always or CrossSubnet (ipip_mode is not empty then): BIRD
//     leaves its routes alone, and Felix programs them. That is Calico v3.33's
//     default, in its words; earlier it takes programClusterRoutes: Enabled in
//     FelixConfiguration. Routes that Felix has put into the kernel BIRD learns,
//     and with add-path it would send them to other nodes as its own, so that
//     v3.33 keeps those through tunl0 back, too.
func ipamAdaptations() []adaptation {
	return []adaptation{
		{
			what: "the kernel filter's IPIP routes",
			old: `{{- else if $data.ipip_mode}}{{if eq $data.ipip_mode "cross-subnet"}}
    if defined(bgp_next_hop) && ( bgp_next_hop ~ {{$network}} ) then
      krt_tunnel = "";                     {{- /* Destination in ipPool, mode is cross sub-net, route from-host on subnet, do not use IPIP */}}
    else
      krt_tunnel = "{{$data.ipip}}";       {{- /* Destination in ipPool, mode is cross sub-net, route from-host off subnet, set the tunnel (if IPIP not enabled, value will be "") */}}
    accept;
  } {{- else}}
    krt_tunnel = "{{$data.ipip}}";         {{- /* Destination in ipPool, mode not cross sub-net, set the tunnel (if IPIP not enabled, value will be "") */}}
    accept;
  } {{- end}} {{- else}}
    krt_tunnel = "{{$data.ipip}}";         {{- /* Destination in ipPool, mode field is not present, set the tunnel (if IPIP not enabled, value will be "") */}}
    accept;
  } {{- end}}
`,
			new: `{{- else if $data.ipip_mode}}
    # Cluster routes are handled by Felix.
    reject;
  }
{{- else}}
    accept;
  }
{{- end}}
`,
		},
		{
			what: "the export filter's tunnel routes",
			old: `  # IPIP routes are handled by Bird, and it does not re-advertise them.
  if (defined(ifname)) then {
     if ((ifname ~ "*.cali") || (ifname ~ "*.calico")) then {
`,
			new: `  if (defined(ifname)) then {
     if ((ifname ~ "*.cali") || (ifname ~ "*.calico") || (ifname ~ "tunl0")) then {
`,
		},
	}
}

// AdaptTemplate makes one of confd's templates, given by its file name and its
// text, work with stock BIRD 1.6.8. Most templates come back as they are. One that
// is not as expected, as another version of Calico may have it, is an error.
func AdaptTemplate(name string, template []byte) ([]byte, error) {
	if name == ipamTemplate {
		for _, a := range ipamAdaptations() {
			if found := bytes.Count(template, []byte(a.old)); found != 1 {
				return nil, fmt.Errorf("adapt Calico's template %s to stock BIRD: %s stand %d times in it as Calico v3.31 writes them, not once; "+
					"look what this version of Calico does there and teach ipamAdaptations", name, a.what, found)
			}
			template = bytes.Replace(template, []byte(a.old), []byte(a.new), 1)
		}
	}
	if bytes.Contains(template, []byte(krtTunnel)) {
		return nil, fmt.Errorf("adapt Calico's template %s to stock BIRD: it sets %s where none is known of; "+
			"look what this version of Calico does there and teach AdaptTemplate", name, krtTunnel)
	}
	return template, nil
}
