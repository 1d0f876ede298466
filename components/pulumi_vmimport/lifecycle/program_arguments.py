"""The arguments of a resource or component as a program passes them: one dictionary, or keyword arguments."""

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_vmimport.lifecycle.program_interrupt import hide_interrupt_tracebacks
from pulumi_vmimport.shown_value import shown_value


def program_arguments(
    resource: str,
    args: Mapping[str, Any] | pulumi.ResourceOptions | None,
    opts: pulumi.ResourceOptions | None,
    keywords: Mapping[str, Any],
) -> tuple[dict[str, Any], pulumi.ResourceOptions | None]:
    """The arguments and the resource options; `resource` names the resource in errors.

    Options may take the second position when the arguments are keywords, as in Pulumi's own SDKs.
    Raises: TypeError when the arguments are not a mapping, or a dictionary and keywords are mixed.
    """
    hide_interrupt_tracebacks()
    if isinstance(args, pulumi.ResourceOptions):
        if opts is not None:
            raise TypeError(f"{resource}: opts is given twice, by position and as a keyword argument; remove one")
        args, opts = None, args
    if args is None:
        return dict(keywords), opts
    if not isinstance(args, Mapping):
        raise TypeError(f"{resource}: expected a dictionary of arguments or keyword arguments, got {shown_value(args)}")
    if keywords:
        twice = sorted(keywords.keys() & args.keys())
        names = ", ".join(twice or sorted(keywords))
        both = "given both in the dictionary and as a keyword argument"
        fault = both if twice else "given in addition to a dictionary"
        raise TypeError(f"{resource}: {names} {fault}; pass all arguments in the dictionary, or all as keywords")
    return dict(args), opts
