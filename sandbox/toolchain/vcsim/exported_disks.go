package main

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

const nfcPrefix = "/nfc/"

// exportedDisks serves the disks of export leases. The simulator sends the file of a disk as it lies in the datastore.
// That is a text, the descriptor, unless a test has replaced it. vSphere sends the disk as a stream-optimized VMDK.
type exportedDisks struct {
	next http.Handler
	// data holds the path of the data of each disk, by lease and name.
	data sync.Map
}

// note records the data of the disks of a lease.
func (e *exportedDisks) note(ctx *simulator.Context, lease string, devices object.VirtualDeviceList) {
	for _, device := range devices {
		backing, ok := device.GetVirtualDevice().Backing.(*types.VirtualDiskFlatVer2BackingInfo)
		if !ok {
			continue
		}
		var file object.DatastorePath
		if !file.FromString(backing.FileName) {
			continue
		}
		for _, entity := range ctx.Map.All("Datastore") {
			if datastore, ok := entity.(*simulator.Datastore); ok && datastore.Name == file.Datastore {
				e.data.Store(path.Join(lease, path.Base(file.Path)), filepath.Join(datastore.Summary.Url, file.Path))
			}
		}
	}
}

func (e *exportedDisks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, nfcPrefix) {
		if found, ok := e.data.Load(strings.TrimPrefix(r.URL.Path, nfcPrefix)); ok && e.serve(w, found.(string)) {
			return
		}
	}
	e.next.ServeHTTP(w, r)
}

// serve sends the disk with this descriptor, and returns whether it has data.
func (e *exportedDisks) serve(w http.ResponseWriter, descriptor string) bool {
	text, err := os.Open(descriptor)
	if err != nil {
		return false
	}
	defer text.Close()
	start := make([]byte, len(descriptorStart))
	if _, err := io.ReadFull(text, start); err != nil || !bytes.Equal(start, descriptorStart) {
		return false
	}
	flat, err := os.Open(flatOf(descriptor))
	if err != nil {
		return false
	}
	defer flat.Close()
	if info, err := flat.Stat(); err != nil || info.Size() == 0 {
		return false
	}
	if err := writeStreamOptimized(w, flat); err != nil {
		log.Printf("export of %s: %v", descriptor, err)
	}
	return true
}
