"""What ECS refuses in a task definition although its API model accepts it.

Sources: the pages "Task definition parameters" for Fargate and for Managed Instances, and
"RegisterTaskDefinition" of the API reference of Amazon ECS.
"""

import agent_rules
import label_rules

NETWORK_MODES = {
    "FARGATE": ("awsvpc",),
    "MANAGED_INSTANCES": ("awsvpc", "host"),
    "EC2": ("awsvpc", "bridge", "host", "none"),
    "EXTERNAL": ("bridge", "host", "none"),
}
PID_MODES = {"FARGATE": ("task",)}
FARGATE_LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")


def _gib(first, last, step=1):
    return range(first * 1024, last * 1024 + 1, step * 1024)


FARGATE_MEMORY_OF_CPU = {
    256: (512, 1024, 2048),
    512: _gib(1, 4),
    1024: _gib(2, 8),
    2048: _gib(4, 16),
    4096: _gib(8, 30),
    8192: _gib(16, 60, 4),
    16384: _gib(32, 120, 8),
}
HEALTH_CHECK_BOUNDS = {  # seconds, and a count for retries
    "interval": (5, 300),
    "timeout": (2, 60),
    "retries": (1, 10),
    "startPeriod": (0, 300),
}


def problems(task):
    """Yields 'path: what is wrong' for every rule the task definition breaks."""
    containers = task.get("containerDefinitions", [])
    compatibilities = task.get("requiresCompatibilities", [])
    yield from _task_level(task, compatibilities)
    yield from _containers_together(task, containers)
    names = {c.get("name"): c for c in containers}
    volumes = {v.get("name") for v in task.get("volumes", [])}
    for index, container in enumerate(containers):
        path = f"containerDefinitions[{index}]"
        yield from _container(container, path, task, compatibilities)
        yield from _health_check(container.get("healthCheck"), f"{path}.healthCheck")
        yield from _references(container, path, names, volumes)
        yield from label_rules.problems(container.get("dockerLabels", {}), f"{path}.dockerLabels")
        yield from agent_rules.problems(container, path, compatibilities)


def _task_level(task, compatibilities):
    if not compatibilities:
        yield "requiresCompatibilities: missing"
    if "networkMode" not in task:
        yield "networkMode: missing"
    for compatibility in compatibilities:
        modes = NETWORK_MODES.get(compatibility, ())
        if task.get("networkMode") not in modes:
            yield f"networkMode: {task.get('networkMode')!r} is not possible on {compatibility}"
        if task.get("pidMode", "task") not in PID_MODES.get(compatibility, ("task", "host")):
            yield f"pidMode: {task['pidMode']!r} is not possible on {compatibility}"
    for key in ("cpu", "memory"):
        if key in task and not task[key].isdigit():
            yield f"{key}: {task[key]!r} is not a number of {'CPU units' if key == 'cpu' else 'MiB'}"
            return
    if "FARGATE" in compatibilities:
        yield from _fargate_size(task)
    if task.get("runtimePlatform", {}).get("operatingSystemFamily", "LINUX") != "LINUX" and \
            "MANAGED_INSTANCES" in compatibilities:
        yield "runtimePlatform.operatingSystemFamily: Managed Instances run Linux only"


def _fargate_size(task):
    cpu, memory = int(task.get("cpu", 0)), int(task.get("memory", 0))
    if cpu not in FARGATE_MEMORY_OF_CPU:
        yield f"cpu: {cpu} is no size of Fargate"
    elif memory not in FARGATE_MEMORY_OF_CPU[cpu]:
        yield f"memory: {memory} MiB does not go with {cpu} CPU units on Fargate"


def _containers_together(task, containers):
    if not any(c.get("essential", True) for c in containers):
        yield "containerDefinitions: no container is essential"
    yield from _duplicates([c.get("name") for c in containers], "containerDefinitions", "name")
    if task.get("networkMode") in ("awsvpc", "host"):
        ports = [(p.get("containerPort"), p.get("protocol", "tcp"))
                 for c in containers for p in c.get("portMappings", [])]
        yield from _duplicates(ports, "portMappings", "port of one network namespace")
    volumes = [v.get("name") for v in task.get("volumes", [])]
    yield from _duplicates(volumes, "volumes", "name")
    mounted = {m.get("sourceVolume") for c in containers for m in c.get("mountPoints", [])}
    for name in sorted(set(volumes) - mounted):
        yield f"volumes: no container mounts {name!r}"
    for key, parts in (("cpu", ("cpu",)), ("memory", ("memoryReservation", "memory"))):
        used = sum(next((c[part] for part in parts if part in c), 0) for c in containers)
        if key in task and task[key].isdigit() and used > int(task[key]):
            yield f"{key}: the containers ask for {used}, the task has {task[key]}"
    fire_lens = any(c.get("logConfiguration", {}).get("logDriver") == "awsfirelens" for c in containers)
    if fire_lens and sum("firelensConfiguration" in c for c in containers) != 1:
        yield "logConfiguration.logDriver: awsfirelens needs exactly one container with firelensConfiguration"
    if "executionRoleArn" not in task and any(c.get("secrets") for c in containers):
        yield "executionRoleArn: secrets need an execution role"


def _container(container, path, task, compatibilities):
    for key in ("name", "image"):
        if not container.get(key):
            yield f"{path}.{key}: missing"
    if "memory" not in task and not {"memory", "memoryReservation"} & container.keys():
        yield f"{path}.memory: neither the task nor the container has a memory size"
    if container.get("memory", 1 << 40) < container.get("memoryReservation", 0):
        yield f"{path}.memoryReservation: above memory"
    variables = [v.get("name") for key in ("environment", "secrets") for v in container.get(key, [])]
    yield from _duplicates(variables, f"{path}.environment", "name")
    mounts = [m.get("containerPath") for m in container.get("mountPoints", [])]
    yield from _duplicates(mounts, f"{path}.mountPoints", "containerPath")
    for port in container.get("portMappings", []):
        number = port.get("containerPort", 0)
        if not 1 <= number <= 65535:
            yield f"{path}.portMappings.containerPort: {number}"
        if task.get("networkMode") != "bridge" and port.get("hostPort", number) != number:
            yield f"{path}.portMappings.hostPort: must be {number} in this network mode"
    if task.get("networkMode") in ("awsvpc", "host") and container.get("links"):
        yield f"{path}.links: only in network mode bridge"
    if "FARGATE" in compatibilities:
        yield from _on_fargate(container, path)
    if container.get("stopTimeout", 0) > 120 and "EC2" not in compatibilities:
        yield f"{path}.stopTimeout: above 120"


def _on_fargate(container, path):
    if container.get("privileged"):
        yield f"{path}.privileged: not on Fargate"
    driver = container.get("logConfiguration", {}).get("logDriver")
    if driver and driver not in FARGATE_LOG_DRIVERS:
        yield f"{path}.logConfiguration.logDriver: {driver!r} is not on Fargate"


def _health_check(check, path):
    if check is None:
        return
    command = check.get("command") or [""]
    if command[0] not in ("CMD", "CMD-SHELL") or len(command) < 2:
        yield f"{path}.command: must be CMD or CMD-SHELL and a command"
    elif command[0] == "CMD-SHELL" and len(command) != 2:
        yield f"{path}.command: CMD-SHELL takes one string"
    for key, (low, high) in HEALTH_CHECK_BOUNDS.items():
        if key in check and not low <= check[key] <= high:
            yield f"{path}.{key}: {check[key]} is outside {low} to {high}"
    if check.get("timeout", 5) > check.get("interval", 30):
        yield f"{path}.timeout: longer than the interval"


def _references(container, path, names, volumes):
    for wait in container.get("dependsOn", []):
        name, condition = wait.get("containerName"), wait.get("condition")
        target = names.get(name)
        if target is None or name == container.get("name"):
            yield f"{path}.dependsOn: no other container {name!r}"
        elif condition == "HEALTHY" and "healthCheck" not in target:
            yield f"{path}.dependsOn: {name!r} has no healthCheck to become HEALTHY by"
        elif condition in ("SUCCESS", "COMPLETE") and target.get("essential", True):
            yield f"{path}.dependsOn: {name!r} is essential, its end is the end of the task"
        elif container.get("name") in _needs(name, names):
            yield f"{path}.dependsOn: {name!r} waits for this container in turn"
    for mount in container.get("mountPoints", []):
        if mount.get("sourceVolume") not in volumes:
            yield f"{path}.mountPoints: no volume {mount.get('sourceVolume')!r}"
        if not str(mount.get("containerPath", "")).startswith("/"):
            yield f"{path}.mountPoints: containerPath must be absolute"
    for source in container.get("volumesFrom", []):
        name = source.get("sourceContainer")
        if name not in names or name == container.get("name"):
            yield f"{path}.volumesFrom: no other container {name!r}"


def _needs(name, names):
    """Everything the container `name` waits for, directly or not."""
    seen, open_names = set(), [name]
    while open_names:
        container = names.get(open_names.pop(), {})
        for wait in container.get("dependsOn", []):
            if wait.get("containerName") not in seen:
                seen.add(wait.get("containerName"))
                open_names.append(wait.get("containerName"))
    return seen


def _duplicates(values, path, what):
    for value in sorted({str(v) for v in values if values.count(v) > 1}):
        yield f"{path}: {what} {value!r} twice"
