package labinit

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// machineNice is the nice value of a User-Mode Linux and its labs' control planes. A
// whole lab is behind that kernel's one processor: with the share of a single program
// it would stand still for seconds beside labs whose every program has a share.
const machineNice = -5

// takeShare gives this process, and what it starts from now on, a larger share of the
// processors. Where the kernel groups programs by session, a nice value counts within
// the group alone, and the group has one of its own.
func takeShare() error {
	if err := unix.Setpriority(unix.PRIO_PGRP, 0, machineNice); err != nil {
		return fmt.Errorf("set the nice value to %d: %w", machineNice, err)
	}
	// A kernel without groups does not have the file.
	err := os.WriteFile("/proc/self/autogroup", []byte(strconv.Itoa(machineNice)), 0)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("set the nice value of the session to %d: %w", machineNice, err)
	}
	return nil
}
