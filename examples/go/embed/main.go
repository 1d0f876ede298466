package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pulumi-vmimport/pulumi-vmimport/sdk/go/vmimport"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		desktop, err := vmimport.NewByolWorkspaceImage(ctx, "desktop", &vmimport.ByolWorkspaceImageArgs{
			ImageName:          pulumi.String("windows-10-22h2"),
			ImageDescription:   pulumi.String("Windows 10 22H2 BYOL"),
			IngestionProcess:   pulumi.String("BYOL_REGULAR_WSP"),
			VirtualMachinePath: pulumi.String("DC0/vm/windows-byol"), // powered off, prepared with the BYOL Checker
			Tags:               pulumi.StringMap{"team": pulumi.String("desktops")},
		})
		if err != nil {
			return err
		}
		ctx.Export("workspaceImageId", desktop.ImageId)
		return nil
	})
}
