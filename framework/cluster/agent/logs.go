package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
)

// logPath is the file of a container's output, of this run or the one before.
func (c *container) logPath(previous bool) string {
	suffix := ".log"
	if previous {
		suffix = ".previous.log"
	}
	pod := c.pod.first
	return filepath.Join(c.pod.agent.config.LogDir, pod.Namespace+"_"+pod.Name+"_"+c.spec.Name+suffix)
}

// openLog makes a new file for a run's output, and keeps that of the run before.
func (c *container) openLog() (*os.File, error) {
	path, previous := c.logPath(false), c.logPath(true)
	c.pod.mu.Lock()
	first := c.status.RestartCount == 0
	c.pod.mu.Unlock()
	err := os.Rename(path, previous)
	if first {
		// The file is of an earlier pod of the same name, which may still write.
		err = os.Remove(previous)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("put the log of container %s aside: %w", c.spec.Name, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("make the log of container %s: %w", c.spec.Name, err)
	}
	return f, nil
}

// logOptions are what kubectl logs can ask for, in the API's query parameters
// (PodLogOptions). Negative numbers stand for no limit.
type logOptions struct {
	tail, limit      int64
	follow, previous bool
}

func parseLogOptions(query url.Values) (logOptions, error) {
	options := logOptions{tail: -1, limit: -1}
	for name, target := range map[string]*int64{"tailLines": &options.tail, "limitBytes": &options.limit} {
		if text := query.Get(name); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || n < 0 {
				return options, fmt.Errorf("%s %q is no number of at least 0", name, text)
			}
			*target = n
		}
	}
	for name, target := range map[string]*bool{"follow": &options.follow, "previous": &options.previous} {
		if text := query.Get(name); text != "" {
			is, err := strconv.ParseBool(text)
			if err != nil {
				return options, fmt.Errorf("%s %q is neither true nor false", name, text)
			}
			*target = is
		}
	}
	for _, name := range []string{"sinceSeconds", "sinceTime"} {
		if query.Has(name) {
			return options, fmt.Errorf("%s: the lab's node agent keeps no time stamps", name)
		}
	}
	if timestamps, _ := strconv.ParseBool(query.Get("timestamps")); timestamps {
		return options, errors.New("timestamps: the lab's node agent keeps none")
	}
	return options, nil
}

// serveLogs serves kubectl logs.
func (a *Agent) serveLogs(w http.ResponseWriter, r *http.Request) {
	options, err := parseLogOptions(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	namespace, podName, name := r.PathValue("namespace"), r.PathValue("pod"), r.PathValue("container")
	c := a.findContainer(namespace, podName, name)
	if c == nil {
		http.Error(w, fmt.Sprintf("node %s has no pod %s/%s with a container %q", a.config.Node, namespace, podName, name),
			http.StatusNotFound)
		return
	}
	f, ended, err := c.readLog(options.previous)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer func() { _ = f.Close() }()
	if err := seekTail(f, options.tail); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	control := http.NewResponseController(w)
	// A follower is to know that it is served before there is anything to read.
	_ = control.Flush()
	out := io.Writer(flushWriter{w, control})
	if options.limit >= 0 {
		out = &limitWriter{out, options.limit}
	}
	if !options.follow {
		ended = nil
	}
	_ = copyLog(r.Context(), out, f, ended)
}

// readLog opens a container's log, and tells by ended when nothing more is to be
// expected in it.
func (c *container) readLog(previous bool) (f *os.File, ended <-chan struct{}, err error) {
	c.pod.mu.Lock()
	defer c.pod.mu.Unlock()
	what := fmt.Sprintf("container %q in pod %q", c.spec.Name, c.pod.first.Name)
	if previous && c.status.RestartCount == 0 {
		return nil, nil, fmt.Errorf("previous terminated %s not found", what)
	}
	f, err = os.Open(c.logPath(previous))
	if errors.Is(err, fs.ErrNotExist) {
		reason := ""
		if waiting := c.status.State.Waiting; waiting != nil {
			reason = ": " + waiting.Reason
		}
		return nil, nil, fmt.Errorf("%s is waiting to start%s", what, reason)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the log of %s: %w", what, err)
	}
	if c.process != nil && !previous {
		ended = c.process.done
	}
	return f, ended, nil
}

// copyLog copies a log, and follows it until ended is closed unless it is nil.
func copyLog(ctx context.Context, w io.Writer, f io.Reader, ended <-chan struct{}) error {
	for last := ended == nil; ; {
		if _, err := io.Copy(w, f); err != nil || last {
			return err
		}
		select {
		case <-ended:
			// It reads once more the lines that were written before the end.
			last = true
		default:
			if !sleep(ctx, poll) {
				return context.Cause(ctx)
			}
		}
	}
}

// seekTail moves to where the last lines begin. A negative number is all.
func seekTail(f io.ReadSeeker, lines int64) error {
	if lines < 0 {
		return nil
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil || lines == 0 {
		return err
	}
	block := make([]byte, 32<<10)
	// The line feed that ends the last line begins no line.
	for at := end; at > 0; {
		n := min(at, int64(len(block)))
		at -= n
		if _, err := f.Seek(at, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.ReadFull(f, block[:n]); err != nil {
			return err
		}
		for i := n - 1; i >= 0; i-- {
			if block[i] != '\n' || at+i == end-1 {
				continue
			}
			if lines--; lines == 0 {
				_, err := f.Seek(at+i+1, io.SeekStart)
				return err
			}
		}
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// flushWriter sends everything at once.
type flushWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (w flushWriter) Write(data []byte) (int, error) {
	n, err := w.ResponseWriter.Write(data)
	if err == nil {
		err = w.control.Flush()
	}
	return n, err
}

// limitWriter ends with io.EOF after so many bytes.
type limitWriter struct {
	io.Writer
	left int64
}

func (w *limitWriter) Write(data []byte) (int, error) {
	if int64(len(data)) <= w.left {
		w.left -= int64(len(data))
		return w.Writer.Write(data)
	}
	n, err := w.Writer.Write(data[:w.left])
	w.left = 0
	if err == nil {
		err = io.EOF
	}
	return n, err
}
