"""What the agent's own container needs to do its work, and ECS knows nothing of."""

NAME = "datadog-agent"
MODE = {
    "FARGATE": {"ECS_FARGATE": "true"},
    "MANAGED_INSTANCES": {"ECS_MANAGED_INSTANCES": "true", "DD_ECS_DEPLOYMENT_MODE": "sidecar"},
}


def problems(container, path, compatibilities):
    """Yields 'path: what is wrong' when `container` is the agent's."""
    if container.get("name") != NAME:
        return
    plain = {v.get("name"): v.get("value") for v in container.get("environment", [])}
    secret = {v.get("name") for v in container.get("secrets", [])}
    if "DD_API_KEY" not in secret and not plain.get("DD_API_KEY"):
        yield f"{path}.environment: no DD_API_KEY"
    if not plain.get("DD_SITE"):
        yield f"{path}.environment: no DD_SITE"
    for compatibility in compatibilities:
        for name, value in MODE.get(compatibility, {}).items():
            if plain.get(name) != value:
                yield f"{path}.environment: {name} must be {value!r} on {compatibility}"
    if "healthCheck" not in container:
        yield f"{path}.healthCheck: missing (ECS ignores the one of the image)"
