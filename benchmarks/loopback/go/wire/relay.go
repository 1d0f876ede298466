package main

import (
	"flag"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// piece is what a held direction passes on at a time: 1.3 ms at 200 MB/s.
	piece = 256 << 10
	// burst is how much of an idle time may be caught up with.
	burst = 5 * time.Millisecond
)

// line is one direction of a relay: all its connections share its rate, as those of a network link do.
type line struct {
	rate float64 // bytes a second; 0: as fast as it goes
	lock sync.Mutex
	free time.Time // when the line has passed on all that it took
}

func relay(arguments []string) error {
	flags := flag.NewFlagSet("relay", flag.ExitOnError)
	to := flags.String("to", "", "host:port to connect to")
	rate := flags.Float64("rate", 0, "bytes a second in each direction; default: as fast as it goes")
	_ = flags.Parse(arguments)
	listener, err := listen()
	if err != nil {
		return err
	}
	ready(listener)
	there, back := &line{rate: *rate}, &line{rate: *rate}
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
				there.pass(target.(*net.TCPConn), from.(*net.TCPConn))
				close(ended)
			}()
			back.pass(from.(*net.TCPConn), target.(*net.TCPConn))
			<-ended
		}()
	}
}

// pass passes bytes on until the source ends; the kernel moves them (splice), the relay never holds them.
func (l *line) pass(to, from *net.TCPConn) {
	for {
		n, err := to.ReadFrom(io.LimitReader(from, piece))
		if err != nil || n == 0 {
			break
		}
		l.wait(n)
	}
	_ = to.CloseWrite()
	_ = from.CloseRead()
}

// wait lasts until a line of this rate has passed on so many bytes more.
func (l *line) wait(bytes int64) {
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
