// wire is what the benchmarks put around a transfer: an S3 that forgets what it is sent, a relay that holds a connection
// to a rate, and a stop watch for processes. It takes no part in what is measured, so it is no Python.
//
//	wire s3 -certificate FILE [-files DIR] [-keep DIR]
//	wire relay -to HOST:PORT [-rate BYTES]
//	wire measure -report FILE COMMAND ARGUMENT ...
//
// The servers print the port they listen on and end when their standard input does.
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
	log.SetPrefix("wire: ")
	commands := map[string]func([]string) error{"s3": serveS3, "relay": relay, "measure": measure}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		log.Fatal("usage: wire s3|relay|measure ...")
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}

func serveS3(arguments []string) error {
	flags := flag.NewFlagSet("s3", flag.ExitOnError)
	certificate := flags.String("certificate", "", "where to write the certificate that verifies the server, in PEM")
	files := flags.String("files", "", "folder whose files are objects of every bucket, to be read")
	keep := flags.String("keep", "", "folder to keep in what is sent, with each CRC-32 compared; default: forget it")
	_ = flags.Parse(arguments)
	listener, err := listen()
	if err != nil {
		return err
	}
	return newS3(*files, *keep).serve(listener, *certificate)
}

// listen takes a free port and prints it; the process ends with its standard input.
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

// ready tells the starter that connections are accepted.
func ready(listener net.Listener) {
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
}
