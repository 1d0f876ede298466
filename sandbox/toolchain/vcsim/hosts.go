package main

import "github.com/vmware/govmomi/simulator"

// locateHosts gives every host the address of this server, which serves the disks of exports as an ESXi host does.
func locateHosts(inventory *simulator.Registry, name string, port int) {
	for _, entity := range inventory.All("HostSystem") {
		config := &entity.(*simulator.HostSystem).Summary.Config
		config.Name, config.Port = name, int32(port)
	}
}
