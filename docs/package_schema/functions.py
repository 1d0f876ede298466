"""The functions in the schema."""

import inspect

from package_schema.descriptions import Descriptions
from package_schema.named_types import NamedTypes, Spec

from pulumi_vmimport.functions.catalog import FUNCTIONS, FunctionEntry, function_of


def functions(types: NamedTypes, descriptions: Descriptions) -> dict[str, Spec]:
    """The specifications of the functions by their tokens."""
    return {entry.token: _function(entry, types, descriptions) for entry in FUNCTIONS}


def function_types() -> list[type]:
    """The inputs and the result of each function."""
    of_functions = [function_of(entry.name) for entry in FUNCTIONS]
    return [of for function in of_functions for of in (function.inputs_type, function.result_type)]


def _function(entry: FunctionEntry, types: NamedTypes, descriptions: Descriptions) -> Spec:
    function = function_of(entry.name)
    summary = f"{entry.summary[0].upper()}{entry.summary[1:]}."
    docs = (summary, *(inspect.getdoc(of) or "" for of in (function.inputs_type, function.result_type)))
    return {
        "description": descriptions.text("\n\n".join(docs)),
        "inputs": types.inputs_of_function(function.inputs_type),
        "outputs": types.outputs_of_function(function.result_type),
    }
