// testbed provides the surroundings of a measured transfer: an S3 server that discards uploads, a rate-limited relay, and
// a meter for processes. It is written in Go so that it is not the bottleneck of what is measured.
//
//	testbed s3 -certificate FILE [-files DIR] [-keep DIR]
//	testbed relay -to HOST:PORT [-rate BYTES]
//	testbed measure -report FILE COMMAND ARGUMENT ...
//
// The servers print the port that they listen on and exit at the end of their standard input.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("testbed: ")
	commands := map[string]func([]string) error{"s3": serveS3, "relay": relay, "measure": measure}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		log.Fatal("usage: testbed s3|relay|measure ...")
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}

func serveS3(arguments []string) error {
	flags := flag.NewFlagSet("s3", flag.ExitOnError)
	certificate := flags.String("certificate", "", "file to write the server's certificate to, in PEM")
	files := flags.String("files", "", "folder whose files are served as objects of every bucket")
	keep := flags.String("keep", "", "folder to store uploads in, with their CRC-32 verified; default: discard them")
	_ = flags.Parse(arguments)
	listener, err := listen()
	if err != nil {
		return err
	}
	return newS3(*files, *keep).serve(listener, *certificate)
}

// listen opens a free port. The process exits at the end of its standard input.
func listen() (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return listener, nil
}

// ready prints the port, once connections are accepted.
func ready(listener net.Listener) {
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
}
