package session

// Settled returns the sessions with every state but Established as Down. A daemon
// that cannot establish a session goes round the other states as its timers
// pass, so which of them is seen is chance; whoever compares sessions compares
// them settled.
func Settled(sessions Sessions) Sessions {
	settled := make(Sessions, len(sessions))
	for host, list := range sessions {
		for _, s := range list {
			if s.State != Established {
				s.State = Down
			}
			settled[host] = append(settled[host], s)
		}
	}
	return settled
}
