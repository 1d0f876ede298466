import * as vmimport from "@pulumi-vmimport/vmimport";

const desktop = new vmimport.ByolWorkspaceImage("desktop", {
    imageName: "windows-10-22h2",
    imageDescription: "Windows 10 22H2 BYOL",
    ingestionProcess: "BYOL_REGULAR_WSP",
    virtualMachinePath: "DC0/vm/windows-byol", // powered off, prepared with the BYOL Checker
    tags: { team: "desktops" },
});

export const workspaceImageId = desktop.imageId;
