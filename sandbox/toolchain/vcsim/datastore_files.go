package main

import (
	"log"
	"net/http"
	"path"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	folderPrefix  = "/folder/"
	sessionCookie = "vmware_soap_session"
	ticketCookie  = "vmware_cgi_ticket"
)

// privileges are those that reading a file of a datastore requires. Source: vSphere Web Services SDK Programming Guide,
// "Privilege Requirements for HTTP Access".
var privileges = []string{"Datastore.Browse", "Datastore.FileManagement"}

// datastoreFiles refuses reads of /folder as vCenter and ESXi do. The simulator serves every file to everybody.
type datastoreFiles struct {
	context *simulator.Context
	next    http.Handler
}

func (f *datastoreFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isRead := r.Method == http.MethodGet || r.Method == http.MethodHead
	if isRead && strings.HasPrefix(r.URL.Path, folderPrefix) {
		if status := f.refusal(r); status != 0 {
			log.Printf("%s %s: %d", r.Method, r.URL.Path, status)
			http.Error(w, http.StatusText(status), status)
			return
		}
	}
	f.next.ServeHTTP(w, r)
}

// refusal returns the status of a refused read, and 0 for any other.
func (f *datastoreFiles) refusal(r *http.Request) int {
	if !f.isLoggedIn(r) {
		return http.StatusUnauthorized
	}
	datastore := f.datastore(r.URL.Query().Get("dsName"))
	if datastore == nil {
		return 0 // the simulator responds
	}
	file := strings.TrimPrefix(r.URL.Path, folderPrefix)
	switch {
	case !f.isPermitted(datastore.Self):
		return http.StatusForbidden
	case isData(file) && datastore.Summary.Type == string(types.HostFileSystemVolumeFileSystemTypeVsan):
		return http.StatusNotFound // the data of a disk is an object, no file
	case isData(file) && f.isLocked(datastore.Name, file):
		return http.StatusInternalServerError
	}
	return 0
}

// isLoggedIn accepts the cookie of a session, and any ticket: the simulator does not check tickets either.
func (f *datastoreFiles) isLoggedIn(r *http.Request) bool {
	if _, err := r.Cookie(ticketCookie); err == nil {
		return true
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return false
	}
	manager := f.context.Map.SessionManager()
	request := &types.SessionIsActive{SessionID: strings.Trim(cookie.Value, `"`), UserName: user}
	active, ok := manager.SessionIsActive(f.context, request).(*methods.SessionIsActiveBody)
	return ok && active.Res != nil && active.Res.Returnval
}

func (f *datastoreFiles) datastore(name string) *simulator.Datastore {
	for _, entity := range f.context.Map.All("Datastore") {
		if datastore, ok := entity.(*simulator.Datastore); ok && datastore.Name == name {
			return datastore
		}
	}
	return nil
}

// isPermitted reports whether a role that applies to the datastore has the privileges. As in vCenter, permissions of the
// datastore itself take the place of inherited ones.
func (f *datastoreFiles) isPermitted(datastore types.ManagedObjectReference) bool {
	reference := types.ManagedObjectReference{Type: "AuthorizationManager", Value: "AuthorizationManager"}
	manager, ok := f.context.Map.Get(reference).(*simulator.AuthorizationManager)
	if !ok {
		return true
	}
	for _, inherited := range []bool{false, true} {
		request := &types.RetrieveEntityPermissions{Entity: datastore, Inherited: inherited}
		body, ok := manager.RetrieveEntityPermissions(f.context, request).(*methods.RetrieveEntityPermissionsBody)
		if !ok || body.Res == nil || len(body.Res.Returnval) == 0 {
			continue
		}
		for _, permission := range body.Res.Returnval {
			role := object.AuthorizationRoleList(manager.RoleList).ById(permission.RoleId)
			if role != nil && hasAll(role.Privilege, privileges) {
				return true
			}
		}
		return false
	}
	return true
}

func hasAll(found, wanted []string) bool {
	held := map[string]bool{}
	for _, id := range found {
		held[id] = true
	}
	for _, id := range wanted {
		if !held[id] {
			return false
		}
	}
	return true
}

// isData reports whether a file holds the data of a disk. Descriptors are not locked.
func isData(file string) bool {
	for _, ending := range []string{"-flat.vmdk", "-delta.vmdk", "-sesparse.vmdk"} {
		if strings.HasSuffix(file, ending) {
			return true
		}
	}
	return false
}

// isLocked reports whether the data belongs to a disk, or the parent of a disk, of a VM that is not powered off.
func (f *datastoreFiles) isLocked(datastore, file string) bool {
	for _, entity := range f.context.Map.All("VirtualMachine") {
		machine, ok := entity.(*simulator.VirtualMachine)
		if !ok || machine.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOff {
			continue
		}
		for _, device := range object.VirtualDeviceList(machine.Config.Hardware.Device) {
			backing, ok := device.GetVirtualDevice().Backing.(*types.VirtualDiskFlatVer2BackingInfo)
			for ; ok && backing != nil; backing = backing.Parent {
				var used object.DatastorePath
				if used.FromString(backing.FileName) && used.Datastore == datastore && flatOf(used.Path) == file {
					return true
				}
			}
		}
	}
	return false
}

// flatOf returns the path of the data of a disk.
func flatOf(descriptor string) string {
	return path.Join(path.Dir(descriptor), simulator.VirtualDiskBackingFileName(path.Base(descriptor)))
}
