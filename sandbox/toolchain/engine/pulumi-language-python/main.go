// pulumi-language-python runs Python programs for the Pulumi engine that is built from Go modules next to it.
//
// Pulumi's own language host is not available from the Go module proxy. This one implements the part of
// pulumirpc.LanguageRuntime that up, preview, refresh, destroy, about, install, policy packs and plugins written in
// Python need. It uses the same packages of the Pulumi SDK as the stock host. The other methods (code generation,
// packing, linking, debugging) return Unimplemented.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"google.golang.org/grpc"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("pulumi-language-python: ")
	// The engine passes -tracing, and -logtostderr and -v (which the SDK's logging defines), to every plugin it starts.
	flag.String("tracing", "", "accepted because the engine passes it; has no effect")
	flag.String("root", "", "accepted because the YAML language host passes it; has no effect")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *showVersion {
		fmt.Println(version.Version)
		return
	}
	if err := serve(flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

// serve handles the engine's requests until the engine interrupts this process or exits, then stops all programs.
func serve(engineAddress string) error {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	executor := filepath.Join(filepath.Dir(executable), "pulumi-language-python-exec")
	if _, err := os.Stat(executor); err != nil {
		return fmt.Errorf("pulumi-language-python-exec is missing: %w", err)
	}

	life, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go stopWithEngine(stop)

	stopServing := make(chan bool)
	context.AfterFunc(life, func() { close(stopServing) })
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stopServing,
		Init: func(registrar *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(registrar, newHost(life, executor, engineAddress))
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return err
	}
	fmt.Println(server.Port) // the engine reads the port from the first line
	return <-server.Done
}

// stopWithEngine stops this process when the engine exits without an interrupt, as after kill -9: the engine holds the
// other end of the standard input pipe until it exits.
func stopWithEngine(stop context.CancelFunc) {
	if stdin, err := os.Stdin.Stat(); err != nil || stdin.Mode()&os.ModeNamedPipe == 0 {
		return // started by hand: no process holds the other end
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
}
