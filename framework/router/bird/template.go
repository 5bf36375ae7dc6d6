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

// The part of the kernel filter that is about IPIP, as Calico v3.31 writes it and as
// stock BIRD takes it. The template still decides by the pool, each time that confd
// renders it.
//
//   - A pool without encapsulation: krt_tunnel would be "", which is what stock
//     BIRD does with every route.
//   - A pool with IPIP, Always or CrossSubnet (ipip_mode is not empty then): BIRD
//     leaves its routes alone, and Felix programs them. Calico's own filter has BIRD
//     program them too, so that a verdict on this says nothing of Calico.
//
// The export filter stays as Calico wrote it: what nodes tell each other of the routes
// that Felix has made is Calico's own doing.
const (
	calicoKernelFilter = `{{- else if $data.ipip_mode}}{{if eq $data.ipip_mode "cross-subnet"}}
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
`
	stockKernelFilter = `{{- else if $data.ipip_mode}}
    # Cluster routes are handled by Felix.
    reject;
  }
{{- else}}
    accept;
  }
{{- end}}
`
)

// AdaptTemplate makes one of confd's templates, given by its file name and its
// text, work with stock BIRD 1.6.8. A lab with Calico's own BIRD does without. Most
// templates come back as they are. One that is not as expected, as another version of
// Calico may have it, is an error.
func AdaptTemplate(name string, template []byte) ([]byte, error) {
	if name == ipamTemplate {
		if found := bytes.Count(template, []byte(calicoKernelFilter)); found != 1 {
			return nil, fmt.Errorf("adapt Calico's template %s to stock BIRD: the kernel filter's IPIP routes stand %d times in it as Calico v3.31 writes them, not once; "+
				"look what this version of Calico does there and teach stockKernelFilter", name, found)
		}
		template = bytes.Replace(template, []byte(calicoKernelFilter), []byte(stockKernelFilter), 1)
	}
	if bytes.Contains(template, []byte(krtTunnel)) {
		return nil, fmt.Errorf("adapt Calico's template %s to stock BIRD: it sets %s at a place without a rule; "+
			"look what this version of Calico does there and teach AdaptTemplate", name, krtTunnel)
	}
	return template, nil
}
