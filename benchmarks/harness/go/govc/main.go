// govc with only its export.ovf command: the Go module proxy serves govmomi's commands, but not the govc module itself.
package main

import (
	"os"

	"github.com/vmware/govmomi/cli"
	_ "github.com/vmware/govmomi/cli/export"
)

func main() {
	os.Exit(cli.Run(os.Args[1:]))
}
