// vcsim is the vCenter of the sandbox: govmomi's simulator over TLS on a free loopback port, with a new password for
// each run. It adds what the library and pulumi-resource-vsphere use and the simulator lacks: see completeVCenter.
//
// It prints one line of JSON when it is ready (see ready) and exits when its standard input closes, so it never outlives
// the process that started it.
package main

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	_ "github.com/vmware/govmomi/pbm/simulator"
	"github.com/vmware/govmomi/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// apiVersion is the first one with virtual TPMs.
const apiVersion = "6.7"

// user is the default administrator of vSphere.
const user = "administrator@vsphere.local"

// ready describes the server to the parent process. It is printed when the server accepts connections.
type ready struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	User     string `json:"user"`
	Password string `json:"password"`
	// CA is the path of a PEM file with the certificate to verify the host with.
	CA string `json:"ca"`
	// Datastores maps the name of each datastore to the folder that holds its files.
	Datastores map[string]string `json:"datastores"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("vcsim: ")
	machines := flag.Int("machines", 0, "initial virtual machines in each cluster and on each standalone host")
	clusterHosts := flag.Int("cluster-hosts", 1, "hosts in the cluster")
	standaloneHosts := flag.Int("standalone-hosts", 0, "hosts outside the cluster")
	trace := flag.Bool("trace", false, "print SOAP messages to standard error")
	flag.Parse()
	simulator.Trace = *trace

	model := simulator.VPX()
	model.Machine = *machines
	model.ClusterHost = *clusterHosts
	model.Host = *standaloneHosts
	if err := run(model); err != nil {
		log.Fatal(err)
	}
}

// run serves the model until this process is stopped and then deletes the model's files.
func run(model *simulator.Model) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop <- syscall.SIGTERM
	}()

	if err := model.Create(); err != nil {
		return fmt.Errorf("inventory: %w", err)
	}
	defer model.Remove()
	model.Map().Get(vim25.ServiceInstance).(*simulator.ServiceInstance).Content.About.ApiVersion = apiVersion
	disks := &exportedDisks{}
	completeVCenter(model.Map(), disks)

	password := rand.Text()
	service := model.Service
	service.RegisterEndpoints = true // pulumi-vsphere uses the REST API (tags, content library) and storage policies
	service.TLS = new(tls.Config)
	service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword(user, password)}
	server := service.NewServer()
	defer server.Close()
	disks.next = &datastoreFiles{context: service.Context, next: server.Config.Handler}
	server.Config.Handler = disks // no request has been received yet

	ca, err := server.CertificateFile()
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	defer os.Remove(ca)
	port, err := strconv.Atoi(server.URL.Port())
	if err != nil {
		return fmt.Errorf("port: %w", err)
	}
	locateHosts(model.Map(), server.URL.Hostname(), port)
	line, err := json.Marshal(ready{
		Host:       server.URL.Hostname(),
		Port:       port,
		User:       user,
		Password:   password,
		CA:         ca,
		Datastores: folders(model.Map()),
	})
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	<-stop
	return nil
}

// completeVCenter adds the parts of a vCenter that the simulator lacks.
func completeVCenter(inventory *simulator.Registry, disks *exportedDisks) {
	answerAsComputeResource(inventory)
	describeHardware(inventory)
	settings := &machineSettings{Self: types.ManagedObjectReference{Type: "MachineSettings", Value: "settings"}}
	inventory.AddHandler(settings)
	updates := newUpdates()
	inventory.Handler = func(ctx *simulator.Context, call *simulator.Method) (mo.Reference, types.BaseMethodFault) {
		settings.note(ctx, call)
		updates.route(ctx, call)
		routeExports(ctx, call, disks)
		routeConsole(ctx, call)
		return nil, nil
	}
}

// folders maps the name of each datastore to the folder that holds its files.
func folders(inventory *simulator.Registry) map[string]string {
	found := map[string]string{}
	for _, entity := range inventory.All("Datastore") {
		datastore := entity.(*simulator.Datastore)
		found[datastore.Name] = datastore.Info.GetDatastoreInfo().Url
	}
	return found
}
