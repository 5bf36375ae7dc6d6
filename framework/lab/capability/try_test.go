package capability
import ("testing";"time";"fmt")
func TestTry(t *testing.T){
 all:=map[Feature]bool{Namespaces:true,Veth:true,Bridge:true,VXLAN:true,IPIP:true,Multipath:true,NFTables:true,IPSet:true,Conntrack:true}
 for range 5 { s:=time.Now(); a,err:=absentFeatures(t.Context(),all); fmt.Println(time.Since(s),a,err) }
 s:=time.Now(); fmt.Println(Check(t.Context(),EmbeddedLab("/var/lib/x")),time.Since(s))
 fmt.Println(askNetfilter(11,0))
}
