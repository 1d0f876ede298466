// govc with its command export.ovf alone: the module proxy has govmomi's commands, but not the module of the whole govc.
package main

import (
	"os"

	"github.com/vmware/govmomi/cli"
	_ "github.com/vmware/govmomi/cli/export"
)

func main() {
	os.Exit(cli.Run(os.Args[1:]))
}
