package kind

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moby/moby/client"
)

// watchPoll is the interval of looks at the components of a lab.
const watchPoll = 2 * time.Second

// watch tells by died when a container of the lab's or a program of its routers ends
// unasked, as long as this process has the lab.
func (l *Lab) watch() error {
	ctx, stop := context.WithCancel(context.Background())
	l.stop, l.died = stop, make(chan error, 1)
	names, err := containerNames(l.Name(), l.record.Topology)
	if err != nil {
		return err
	}
	hosts := map[string]string{switchesContainer(l.Name()): "the bridges"}
	for host, container := range names {
		hosts[container] = host
	}
	stream := l.docker.Events(ctx, client.EventsListOptions{
		Filters: make(client.Filters).Add("type", "container").Add("event", "die"),
		// Docker begins with what has happened since then, so that no end is missed.
		Since: fmt.Sprintf("%d.%09d", l.record.Since.Unix(), l.record.Since.Nanosecond()),
	})
	go func() {
		for {
			select {
			case message := <-stream.Messages:
				if host, ok := hosts[message.Actor.Attributes["name"]]; ok {
					l.tellDied(fmt.Errorf("lab %s: the container of %s has ended (exit status %s)", l.Name(), host, message.Actor.Attributes["exitCode"]))
					return
				}
			case err := <-stream.Err:
				if ctx.Err() == nil && err != nil {
					l.tellDied(fmt.Errorf("lab %s: Docker tells no more what becomes of it: %w", l.Name(), err))
				}
				return
			}
		}
	}()
	go l.watchPrograms(ctx)
	return nil
}

// watchPrograms looks after the routers' programs.
func (l *Lab) watchPrograms(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(watchPoll):
		}
		for _, host := range l.record.Topology.Hosts {
			if !isRouter(host) {
				continue
			}
			list, err := l.routerComponents(ctx, host.Name)
			if err != nil {
				continue // a lab that is being taken down, or a file that is being written
			}
			for _, status := range list {
				if status.Error != "" {
					l.tellDied(fmt.Errorf("lab %s: %w", l.Name(), errors.New(status.Error)))
					return
				}
			}
		}
	}
}

// tellDied tells the first of all errors.
func (l *Lab) tellDied(err error) {
	select {
	case l.died <- err:
	default:
	}
}
