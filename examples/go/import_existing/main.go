package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pulumi-vmimport/pulumi-vmimport/sdk/go/vmimport"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		web, err := vmimport.NewImportImage(ctx, "web", &vmimport.ImportImageArgs{
			DiskContainers: vmimport.DiskContainerArray{
				&vmimport.DiskContainerArgs{
					Format: pulumi.String("RAW"),
					UserBucket: &vmimport.UserBucketArgs{
						S3Bucket: pulumi.String("images-of-web"),
						S3Key:    pulumi.String("web.raw"),
					},
				},
			},
			Platform:    pulumi.String("Windows"),
			LicenseType: pulumi.String("BYOL"),
			RoleName:    pulumi.String("vmimport"),   // the account's existing role
			SourceHash:  pulumi.String("2026-11-28"), // change it when the object changes: the AMI is then replaced
			Tags:        pulumi.StringMap{"team": pulumi.String("web")},
		})
		if err != nil {
			return err
		}
		ctx.Export("amiId", web.ImageId)
		task := vmimport.GetImportImageTaskOutput(ctx, vmimport.GetImportImageTaskOutputArgs{ImageId: web.ImageId})
		ctx.Export("taskStatus", task.Status())
		return nil
	})
}
