"""What botocore knows of an API but does not check: enum values, ranges, lengths, patterns.

Botocore itself refuses unknown members, wrong types and missing members; the service refuses these.
"""

import re

_UNICODE_CLASSES = {r"\p{L}": r"\w", r"\p{Z}": r"\s", r"\p{N}": r"\d"}


def problems(shape, value, path=""):
    """Yields 'path: what is wrong' for every violation in `value`, of the botocore shape `shape`."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                yield from problems(shape.members[name], member, f"{path}.{name}" if path else name)
    elif shape.type_name == "list" and isinstance(value, list):
        yield from _range(shape, len(value), path, "items")
        for index, member in enumerate(value):
            yield from problems(shape.member, member, f"{path}[{index}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, member in value.items():
            yield from problems(shape.value, member, f"{path}[{key}]")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from _string(shape, value, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _range(shape, value, path, "")


def _string(shape, value, path):
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {', '.join(shape.enum)}"
    yield from _range(shape, len(value), path, "characters")
    pattern = shape.metadata.get("pattern")
    if not pattern:
        return
    for java, python in _UNICODE_CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        matches = re.search(f"^(?:{pattern})$", value, re.DOTALL)
    except re.error:  # a Java pattern Python cannot read
        return
    if not matches:
        yield f"{path}: {value!r} does not match {pattern}"


def _range(shape, number, path, unit):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and number < low:
        yield f"{path}: {number} {unit} is below {low}"
    if high is not None and number > high:
        yield f"{path}: {number} {unit} is above {high}"
