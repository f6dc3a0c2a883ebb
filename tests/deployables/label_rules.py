"""Autodiscovery labels: JSON inside strings, which nobody else checks before the agent runs."""

import json

PREFIX = "com.datadoghq.ad."
LISTS = ("check_names", "init_configs", "instances")


def problems(labels, path):
    """Yields 'path: what is wrong' for every label the agent could not use."""
    parsed = {}
    for key, value in labels.items():
        if not isinstance(value, str):
            yield f"{path}[{key}]: a label is a string"
        elif key.startswith(PREFIX):
            try:
                parsed[key[len(PREFIX):]] = json.loads(value)
            except ValueError as error:
                yield f"{path}[{key}]: not JSON: {error}"
    for name, value in parsed.items():
        wanted = dict if name == "checks" else list
        if not isinstance(value, wanted):
            yield f"{path}[{PREFIX}{name}]: must be a JSON {'object' if wanted is dict else 'array'}"
    present = [name for name in LISTS if PREFIX + name in labels]
    if present and len(present) < len(LISTS):
        missing = ", ".join(PREFIX + name for name in LISTS if name not in present)
        yield f"{path}: {missing} missing"
    lengths = {len(parsed[name]) for name in LISTS if isinstance(parsed.get(name), list)}
    if len(lengths) > 1:
        yield f"{path}: {', '.join(LISTS)} must be of one length"
