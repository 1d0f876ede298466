package main

import (
	"flag"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// chunk is how many bytes one direction forwards at a time: 1.3 ms at 200 MB/s.
	chunk = 256 << 10
	// burst is how much idle time a direction may make up for.
	burst = 5 * time.Millisecond
)

// link is one direction of a relay. All its connections share its rate, as on a network link.
type link struct {
	rate float64 // bytes a second; 0 for no limit
	lock sync.Mutex
	free time.Time // when the link has forwarded everything so far
}

func relay(arguments []string) error {
	flags := flag.NewFlagSet("relay", flag.ExitOnError)
	to := flags.String("to", "", "host:port to connect to")
	rate := flags.Float64("rate", 0, "bytes a second in each direction; default: no limit")
	_ = flags.Parse(arguments)
	listener, err := listen()
	if err != nil {
		return err
	}
	ready(listener)
	forward, backward := &link{rate: *rate}, &link{rate: *rate}
	for {
		from, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			target, err := net.Dial("tcp", *to)
			if err != nil {
				_ = from.Close()
				return
			}
			defer from.Close()
			defer target.Close()
			ended := make(chan struct{})
			go func() {
				forward.pass(target.(*net.TCPConn), from.(*net.TCPConn))
				close(ended)
			}()
			backward.pass(from.(*net.TCPConn), target.(*net.TCPConn))
			<-ended
		}()
	}
}

// pass forwards bytes until the source ends. The kernel moves them (splice), so that the relay does not copy them.
func (l *link) pass(to, from *net.TCPConn) {
	for {
		n, err := to.ReadFrom(io.LimitReader(from, chunk))
		if err != nil || n == 0 {
			break
		}
		l.wait(n)
	}
	_ = to.CloseWrite()
	_ = from.CloseRead()
}

// wait blocks until a link of this rate has forwarded so many more bytes.
func (l *link) wait(bytes int64) {
	if l.rate == 0 {
		return
	}
	l.lock.Lock()
	if earliest := time.Now().Add(-burst); l.free.Before(earliest) {
		l.free = earliest
	}
	l.free = l.free.Add(time.Duration(float64(bytes) / l.rate * float64(time.Second)))
	until := time.Until(l.free)
	l.lock.Unlock()
	time.Sleep(until)
}
