// generators generates SDKs for `pulumi package gen-sdk` of the Pulumi engine that is built from Go modules.
//
// Pulumi's language hosts for TypeScript, Go and Python are not available from the Go module proxy; the code generators
// that they call are. Linked as pulumi-language-nodejs, pulumi-language-go or pulumi-language-python, this executable
// is a language host that generates packages and runs no programs.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const executablePrefix = "pulumi-language-"

func main() {
	language := strings.TrimPrefix(filepath.Base(os.Args[0]), executablePrefix)
	log.SetFlags(0)
	log.SetPrefix(executablePrefix + language + ": ")
	if err := serve(language); err != nil {
		log.Fatal(err)
	}
}

// serve handles the engine's requests until the engine closes the pipe to this process or exits.
func serve(language string) error {
	if _, known := generators[language]; !known {
		return fmt.Errorf("no code generator for %q: link this executable as %sgo, %snodejs or %spython",
			language, executablePrefix, executablePrefix, executablePrefix)
	}
	stopServing := make(chan bool)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stopServing)
	}()
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stopServing,
		Init: func(registrar *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(registrar, &host{language: language})
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(server.Port) // the engine reads the port from the first line
	return <-server.Done
}

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	language string
}

func (h *host) Handshake(
	context.Context, *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
}

// GeneratePackage writes the SDK of a schema to a folder, as the stock hosts do.
func (h *host) GeneratePackage(
	ctx context.Context, request *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	loader, err := schema.NewLoaderClient(request.GetLoaderTarget())
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(request.GetSchema()), &spec); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	options := schema.ValidationOptions{AllowDanglingReferences: true}
	bound, diagnostics, err := schema.BindSpecWithContext(ctx, spec, loader, options)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GeneratePackageResponse{Diagnostics: plugin.HclDiagnosticsToRPCDiagnostics(diagnostics)}
	if diagnostics.HasErrors() {
		return response, nil
	}
	files, err := generators[h.language](bound, request, loader)
	if err != nil {
		return nil, err
	}
	for name, content := range files {
		path := filepath.Join(request.GetDirectory(), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
	}
	return response, nil
}

// GenerateProgram writes a program in TypeScript for `pulumi import`, as the stock host does.
func (h *host) GenerateProgram(
	_ context.Context, request *pulumirpc.GenerateProgramRequest,
) (*pulumirpc.GenerateProgramResponse, error) {
	if h.language != "nodejs" {
		return nil, fmt.Errorf("no generator of programs for %q", h.language)
	}
	loader, err := schema.NewLoaderClient(request.GetLoaderTarget())
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	parser := syntax.NewParser()
	for path, content := range request.GetSource() {
		if err := parser.ParseFile(strings.NewReader(content), path); err != nil {
			return nil, err
		}
	}
	program, diagnostics, err := pcl.BindProgram(parser.Files, schema.NewCachedLoader(loader))
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GenerateProgramResponse{Diagnostics: plugin.HclDiagnosticsToRPCDiagnostics(diagnostics)}
	if diagnostics.HasErrors() {
		return response, nil
	}
	response.Source, diagnostics, err = nodejs.GenerateProgram(program)
	response.Diagnostics = append(response.Diagnostics, plugin.HclDiagnosticsToRPCDiagnostics(diagnostics)...)
	return response, err
}

type generator func(
	*schema.Package, *pulumirpc.GeneratePackageRequest, schema.ReferenceLoader,
) (map[string][]byte, error)

var generators = map[string]generator{
	"go": func(
		bound *schema.Package, request *pulumirpc.GeneratePackageRequest, _ schema.ReferenceLoader,
	) (map[string][]byte, error) {
		return golang.GeneratePackage(executablePrefix+"go", bound, request.GetLocalDependencies())
	},
	"nodejs": func(
		bound *schema.Package, request *pulumirpc.GeneratePackageRequest, loader schema.ReferenceLoader,
	) (map[string][]byte, error) {
		return nodejs.GeneratePackage(executablePrefix+"nodejs", bound, request.GetExtraFiles(),
			request.GetLocalDependencies(), request.GetLocal(), loader)
	},
	"python": func(
		bound *schema.Package, request *pulumirpc.GeneratePackageRequest, loader schema.ReferenceLoader,
	) (map[string][]byte, error) {
		return python.GeneratePackage(executablePrefix+"python", bound, request.GetExtraFiles(), loader)
	},
}
