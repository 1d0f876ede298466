"""`python -m pulumi_vmimport_sandbox start|serve|stop DIRECTORY`."""

import argparse
import math
import sys
from pathlib import Path

from pulumi_vmimport_sandbox import background
from pulumi_vmimport_sandbox.lock import AlreadyRunning

_BUILD_SECONDS = 1800.0  # includes building the engine if Pulumi is not installed: 3 to 7 minutes on two cores


def main(arguments: list[str]) -> int:
    """Run a command and return its exit status."""
    options = _parser().parse_args(arguments)
    directory: Path = options.directory.resolve()
    try:
        if options.command == "serve":
            background.serve(
                directory, options.clock_factor, options.guest_disk, installs_guests=options.installs_guests
            )
        elif options.command == "start":
            serve_options = ["--clock-factor", str(options.clock_factor)]
            if options.guest_disk is not None:
                serve_options += ["--guest-disk", str(options.guest_disk.resolve())]
            if options.installs_guests:
                serve_options.append("--installs-guests")
            description = background.start(directory, serve_options, _BUILD_SECONDS)
            print(f"{description}\nready: . {directory / background.ENV_FILE}")  # noqa: T201 - a command's output
        else:
            print(background.stop(directory))  # noqa: T201 - a command's output
    except (AlreadyRunning, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a command's output
        return 1
    return 0


def _factor(text: str) -> float:
    factor = float(text)
    if not 1 <= factor < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number of 1 or more, got {text}")
    return factor


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pulumi_vmimport_sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("start", "start a sandbox in the background"),
        ("serve", "run a sandbox until SIGTERM"),
        ("stop", "stop the sandbox of a directory"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("directory", type=Path)
        if name != "stop":
            command.add_argument("--clock-factor", type=_factor, default=600.0, help="sandbox seconds per real second")
            command.add_argument("--guest-disk", type=Path, help="VMDK that an installation produces")
            command.add_argument(
                "--installs-guests", action="store_true", help="VMs install themselves from answer ISOs"
            )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
