package oracle

import (
	"maps"
	"slices"

	"github.com/rackproof/rackproof/framework/route"
)

// tables are the hosts' main tables as they stand.
func (r solution) tables() route.Tables {
	tables := route.Tables{}
	for i := range r.network.Hosts {
		if host := &r.network.Hosts[i]; !r.gone[host.Name] {
			tables[host.Name] = r.network.table(host)
		}
	}
	for _, s := range r.speakers {
		tables[s.Host.Name] = append(slices.Clip(s.Base), s.Behaviour.Program(s)...)
	}
	maps.Copy(tables, r.plain)
	for host, table := range tables {
		tables[host] = table.Sorted()
	}
	return tables
}
