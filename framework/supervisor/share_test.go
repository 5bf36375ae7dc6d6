package supervisor_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/supervisor"
)

// nices are the nice values of a component's process and of the programs that it has started.
func nices(g Gomega, s *supervisor.Supervisor, name string) []int {
	var found []int
	for _, status := range s.Status() {
		if status.Name != name {
			continue
		}
		pid := strconv.Itoa(status.PID)
		children, err := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
		g.Expect(err).NotTo(HaveOccurred())
		for _, each := range append(strings.Fields(string(children)), pid) {
			number, err := strconv.Atoi(each)
			g.Expect(err).NotTo(HaveOccurred())
			value, err := unix.Getpriority(unix.PRIO_PROCESS, number)
			g.Expect(err).NotTo(HaveOccurred())
			found = append(found, 20-value)
		}
	}
	return found
}

func TestComponentsShareEquallyInTheEnd(t *testing.T) {
	g := NewWithT(t)
	s := supervisor.New(t.TempDir(), func(status supervisor.Status) { t.Errorf("%s ended", status.Name) })
	value, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	g.Expect(err).NotTo(HaveOccurred())
	own := 20 - value
	start := func(name string, nice int) {
		t.Helper()
		g.Expect(s.Start(supervisor.Component{
			Host: "worker", Name: name, Argv: []string{"sh", "-c", "sleep 60 & wait"}, Env: os.Environ(), StartNice: nice,
		})).To(Succeed())
		t.Cleanup(func() { _ = s.Stop(context.WithoutCancel(t.Context()), "worker", name, unix.SIGKILL) })
	}
	both := func(name string, nice int) {
		t.Helper()
		g.Eventually(func(g Gomega) { g.Expect(nices(g, s, name)).To(Equal([]int{nice, nice})) }).
			WithTimeout(10 * time.Second).WithPolling(10 * time.Millisecond).Should(Succeed())
	}
	start("late", own+5)
	start("first", 0)
	both("late", own+5)
	both("first", own)
	g.Expect(s.ShareEqually()).To(Succeed())
	both("late", own)
	both("first", own)
	start("later", own+5)
	both("later", own)
}
