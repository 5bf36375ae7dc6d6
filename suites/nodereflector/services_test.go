package nodereflector

import (
	. "github.com/rackproof/rackproof/framework/suite"
)

func services(_ *Lab) {}
