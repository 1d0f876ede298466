// pulumi-language-yaml is Pulumi's language host for YAML, for the engine that is built from Go modules next to it.
//
// The version of pulumi-yaml that is available from the Go module proxy lacks Link, the last step of
// `pulumi package add`. YAML programs have nothing to link: the engine records the package in Pulumi.yaml.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"google.golang.org/grpc"

	"github.com/pulumi/pulumi-yaml/pkg/server"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// engineCheckInterval is how often the host checks that the engine still runs, as in the stock host.
const engineCheckInterval = 5 * time.Minute

func main() {
	log.SetFlags(0)
	log.SetPrefix("pulumi-language-yaml: ")
	// The engine passes these flags, and -logtostderr and -v (which the SDK's logging defines).
	tracing := flag.String("tracing", "", "an endpoint that receives traces")
	flag.String("root", "", "accepted because the engine passes it; has no effect")
	flag.Parse()
	if err := serve(flag.Arg(0), *tracing); err != nil {
		log.Fatal(err)
	}
}

// serve handles the engine's requests until the engine interrupts this process or exits.
func serve(engineAddress, tracing string) error {
	life, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if engineAddress != "" {
		if err := rpcutil.Healthcheck(life, engineAddress, engineCheckInterval, stop); err != nil {
			return err
		}
	}
	stopServing := make(chan bool)
	context.AfterFunc(life, func() { close(stopServing) })
	running, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stopServing,
		Init: func(registrar *grpc.Server) error {
			host := server.NewLanguageHost(engineAddress, tracing, false /*useRPCLoader*/)
			pulumirpc.RegisterLanguageRuntimeServer(registrar, linkingHost{host})
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(running.Port) // the engine reads the port from the first line
	return <-running.Done
}

type linkingHost struct {
	pulumirpc.LanguageRuntimeServer
}

func (linkingHost) Link(context.Context, *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	return &pulumirpc.LinkResponse{}, nil
}
