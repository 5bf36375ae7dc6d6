package catalogue

import "strconv"

// Source is the place where a promise is made, so that a reader can look it up.
type Source struct {
	Kind Kind `json:"kind" yaml:"kind"`
	// Reference is a page, a number or a path; it is empty for a design.
	Reference string `json:"reference,omitempty" yaml:"reference,omitempty"`
}

// Kind is what a source is.
type Kind string

// The kinds of sources.
const (
	// Document is a page of Calico's documentation, or of another project that is named.
	Document Kind = "document"
	// RFC is a standard of the IETF.
	RFC Kind = "RFC"
	// Test is one of Calico's own tests.
	Test Kind = "test"
	// Code is Calico's code or one of its templates.
	Code Kind = "code"
	// Issue is an issue or a pull request on GitHub.
	Issue Kind = "issue"
	// Article is one of the four articles that the modes follow.
	Article Kind = "article"
	// Design is a property of the lab's own fabric; no public source makes the promise.
	Design Kind = "design"
)

// KindMeaning is one kind of sources, with a sentence for people.
type KindMeaning struct {
	Kind    Kind   `json:"kind" yaml:"kind"`
	Meaning string `json:"meaning" yaml:"meaning"`
}

// Kinds are all kinds.
func Kinds() []KindMeaning {
	return []KindMeaning{
		{Document, "a page of Calico's documentation (docs.tigera.io), or of a project that the reference names"},
		{RFC, "a standard of the IETF"},
		{Test, "one of Calico's own tests, by its path in projectcalico/calico"},
		{Code, "Calico's code or one of its templates, by its path in projectcalico/calico, or code of a project that the reference names"},
		{Issue, "an issue or a pull request"},
		{Article, "one of the four articles that docs/modes.md names"},
		{Design, "a property of the fabric that labs have; no public source makes the promise"},
	}
}

// String is the source for people.
func (s Source) String() string {
	if s.Reference == "" {
		return string(s.Kind)
	}
	return string(s.Kind) + " " + s.Reference
}

// Paths are those of v3.31.0; a path that only later versions have says so.
const later = " (after v3.31)"

func document(page string) Source { return Source{Document, "calico/" + page} }
func kubernetes(page string) Source {
	return Source{Document, "kubernetes.io/docs/" + page}
}

// flannelPage is a page of flannel's documentation, and flannelCode a file of its code, of
// the version that labs run.
func flannelPage(name string) Source {
	return Source{Document, "flannel-io/flannel Documentation/" + name + ".md"}
}
func flannelCode(path string) Source { return Source{Code, "flannel-io/flannel pkg/" + path} }

func rfc(number int) Source         { return Source{RFC, strconv.Itoa(number)} }
func test(path string) Source       { return Source{Test, path} }
func laterTest(path string) Source  { return Source{Test, path + later} }
func code(path string) Source       { return Source{Code, path} }
func article(number int) Source     { return Source{Article, strconv.Itoa(number)} }
func resource(name string) Source   { return document("reference/resources/" + name) }
func template(name string) Source   { return code("confd/etc/calico/confd/templates/" + name) }
func compiled(folder string) Source { return test("confd/tests/compiled_templates/" + folder) }

// issue is an issue or a pull request of Calico.
func issue(number int) Source {
	return Source{Issue, "projectcalico/calico#" + strconv.Itoa(number)}
}

func design() Source { return Source{Kind: Design} }

// The pages and files that several promises rest on.

func peeringPage() Source  { return document("networking/configuring/bgp") }
func servicesPage() Source { return document("networking/configuring/advertise-service-ips") }
func overlayPage() Source  { return document("networking/configuring/vxlan-ipip") }
func fabricPage() Source   { return document("reference/architecture/design/l3-interconnect-fabric") }
func serviceCode() Source  { return code("confd/pkg/backends/calico/routes.go") }
func advertTest() Source   { return test("node/tests/k8st/tests/test_bgp_advert.py") }
func routingTest() Source  { return test("felix/fv/routing_test.go") }
func resolverCode() Source { return code("felix/calc/l3_route_resolver.go") }
func ownerDesign() Source {
	return Source{Document, "design/cluster-route-programming/DESIGN.md in projectcalico/calico" + later}
}
