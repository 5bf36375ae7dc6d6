package calico

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a release line of Calico, as v3.31. The meaning of its resources does not
// change within one.
type Version struct{ Major, Minor int }

// ParseVersion reads the release line off a version, as v3.31.0.
func ParseVersion(text string) (Version, error) {
	refuse := func() (Version, error) {
		return Version{}, fmt.Errorf("%q is not a version of Calico: use one as in v3.31.0", text)
	}
	numbers := strings.SplitN(strings.TrimPrefix(text, "v"), ".", 3)
	if len(numbers) < 2 {
		return refuse()
	}
	major, majorErr := strconv.Atoi(numbers[0])
	minor, minorErr := strconv.Atoi(numbers[1])
	if majorErr != nil || minorErr != nil || major < 0 || minor < 0 {
		return refuse()
	}
	return Version{major, minor}, nil
}

// String writes the version as v3.31.
func (v Version) String() string { return fmt.Sprintf("v%d.%d", v.Major, v.Minor) }

// Compare orders versions, the older one first.
func (v Version) Compare(o Version) int {
	return cmp.Or(cmp.Compare(v.Major, o.Major), cmp.Compare(v.Minor, o.Minor))
}
