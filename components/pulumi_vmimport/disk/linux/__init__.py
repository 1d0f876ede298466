"""Linux systems on a disk: their volumes, files and facts. Needs the extra `linux`."""
