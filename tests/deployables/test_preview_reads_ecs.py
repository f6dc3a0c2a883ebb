"""`agent preview` reads every definition that the API of ECS takes: no member makes one unreadable.

The members come from botocore's model of RegisterTaskDefinition, so a new one is tried when the pin
in requirements.txt moves. The program is $REMORA_AGENT, which ctest sets.
"""

import copy
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import api_model
import task_rules

AGENT = os.environ.get("REMORA_AGENT", "")
MODEL = api_model.SESSION.get_service_model("ecs")
REQUEST = MODEL.operation_model("RegisterTaskDefinition").input_shape
# Texts that must be something; all others are "x".
TEXTS = {"cpu": "1 vCPU", "memory": "3GB", "containerPortRange": "10000-10010", "ipAddress": "192.0.2.1"}
BASE = {"family": "f", "containerDefinitions": [{"name": "app", "image": "i"}]}


def values(shape, name):
    """Values of the shape: each of an enum, an empty and a full structure, list or map."""
    kind = shape.type_name
    if kind == "structure":
        full = {n: values(member, n)[-1] for n, member in shape.members.items()}
        least = {n: full[n] for n in shape.required_members}
        return [least, *({**least, n: v} for n, m in shape.members.items() for v in values(m, n)), full]
    if kind == "list":
        return [[], *([value] for value in values(shape.member, name))]
    if kind == "map":
        return [{}, {"k": "v"}]
    if kind == "string":
        return list(shape.enum) or [TEXTS.get(name, "x")]
    return {"boolean": [False, True], "integer": [80]}[kind]


def definitions():
    """(what is special, the definition) for every member of the request and of its containers."""
    container = REQUEST.members["containerDefinitions"].member
    for name, member in REQUEST.members.items():
        if name not in BASE:
            for value in values(member, name):
                yield f"{name}={json.dumps(value)[:80]}", {**BASE, name: value}
    for name, member in container.members.items():
        if name in ("name", "image"):
            continue
        for value in values(member, name):
            task = copy.deepcopy(BASE)
            task["containerDefinitions"][0] = {"name": "app", "image": "i", name: value}
            yield f"container {name}={json.dumps(value)[:80]}", task


def everything():
    task = {name: values(member, name)[-1] for name, member in REQUEST.members.items()}
    task["containerDefinitions"][0].update(name="app", image="i")
    return task


def capitalised(value):
    """As CloudFormation spells members; keys of free maps change with them, which is all the same."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: capitalised(inner) for key, inner in value.items()}
    return [capitalised(inner) for inner in value] if isinstance(value, list) else value


@unittest.skipUnless(AGENT, "REMORA_AGENT is not set")
class EveryMemberIsRead(unittest.TestCase):
    def preview(self, text):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "task"
            file.write_text(text, encoding="utf-8")
            done = subprocess.run([AGENT, "preview", str(file)], capture_output=True, text=True, timeout=60)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertIn("Container app, image i", done.stdout)

    def test_alone(self):
        count = 0
        for what, task in definitions():
            with self.subTest(what):
                self.preview(json.dumps(task))
            count += 1
        self.assertGreater(count, 200)

    def test_all_at_once_in_each_form(self):
        task = everything()
        template = {"Resources": {"T": {"Type": "AWS::ECS::TaskDefinition", "Properties": capitalised(task)}}}
        plan = {
            "terraform_version": "1.9.0",
            "planned_values": {"root_module": {"resources": [{
                "type": "aws_ecs_task_definition", "name": "t",
                "values": {"container_definitions": json.dumps(task["containerDefinitions"])}}]}},
        }
        for what, text in {
            "json": json.dumps(task),
            "yaml": "---\n" + json.dumps(task),
            "describe-task-definition": json.dumps({"taskDefinition": task, "tags": []}),
            "template": json.dumps(template),
            "containers": json.dumps(task["containerDefinitions"]),
            "terraform": json.dumps(plan),
        }.items():
            with self.subTest(what):
                self.preview(text)


class HealthCheckBounds(unittest.TestCase):
    def test_are_those_of_the_model(self):
        members = MODEL.shape_for("HealthCheck").members
        for name, bounds in task_rules.HEALTH_CHECK_BOUNDS.items():
            text = re.sub("<[^>]+>", "", members[name].documentation)
            found = re.search(r"between (\d+) and (\d+)", text)
            self.assertEqual(tuple(map(int, found.groups())), bounds, name)


if __name__ == "__main__":
    unittest.main()
