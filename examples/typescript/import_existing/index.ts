import * as vmimport from "@pulumi-vmimport/vmimport";

const web = new vmimport.ImportImage("web", {
    diskContainers: [{ format: "RAW", userBucket: { s3Bucket: "images-of-web", s3Key: "web.raw" } }],
    platform: "Windows",
    licenseType: "BYOL",
    roleName: "vmimport", // the account's existing role
    sourceHash: "2026-11-28", // change it when the object changes: the next `pulumi up` imports it again
    tags: { team: "web" },
});

export const amiId = web.imageId;
export const taskStatus = vmimport.getImportImageTaskOutput({ imageId: web.imageId }).status;
