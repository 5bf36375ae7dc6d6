// Package calicoctl proves that the articles' own files and commands do what the articles say:
// the real calicoctl applies the files unchanged, and what it prints is compared with BIRD and
// the oracle. Article 2 has its topology in suite tor.
package calicoctl

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

func TestMain(m *testing.M) { suite.Main(m) }

func TestCalicoctl(t *testing.T) {
	suite.Run(t, "calicoctl", func(s *suite.Suite) {
		fabric := s.Lab("article-1", "fullmesh")
		Describe("calicoctl on the fabric of article 1", func() {
			fabric.Use()
			articleOne(fabric)
			articleFour(fabric)
			nodeStatus(fabric)
			files(fabric)
		})
		rack := s.Lab("article-3", "fullmesh")
		Describe("calicoctl on a rack of article 3", func() {
			rack.Use()
			articleThree(rack)
			datastore(rack)
		})
	})
}

// read reads files of an article.
func read(article int, names ...string) [][]byte {
	GinkgoHelper()
	var files [][]byte
	for _, name := range names {
		data, err := fixtures.ArticleFile(article, name)
		Expect(err).NotTo(HaveOccurred())
		files = append(files, data)
	}
	return files
}

// nodesOf names the lab's nodes, in their order.
func nodesOf(lab *suite.Lab) []string { return topology.Names(lab.Topology().Nodes()) }
