"""Every JSON file is what its API call takes, and a broken copy of every file is refused."""

import copy
import json
import unittest

import api_model
import deployables
import policy_rules


def task_problems(task):
    return api_model.problems("ecs", "RegisterTaskDefinition", task)


def is_trust(path):
    return path.stem.endswith("-trust")


class Files(unittest.TestCase):
    def test_every_placeholder_is_known(self):
        for path in [*deployables.TASKS, *deployables.POLICIES,
                     *(deployables.ROOT / "task-definitions" / "cli").glob("*.json")]:
            with self.subTest(path.name):
                left = deployables.PLACEHOLDER.findall(json.dumps(deployables.load(path)))
                self.assertEqual([], left)

    def test_the_template_has_the_placeholders_of_the_page(self):
        path = deployables.ROOT / "task-definitions" / "datadog-agent-ecs-managed-instances.json"
        found = set(deployables.PLACEHOLDER.findall(path.read_text(encoding="utf-8")))
        self.assertEqual({"<TASK_NAME>", "<YOUR_API_KEY>", "<YOUR_DD_SITE>", "<AGENT_IMAGE>", "<EXECUTION_ROLE_ARN>"},
                         found)

    def test_task_definitions(self):
        self.assertGreaterEqual(len(deployables.TASKS), 8)
        for path in deployables.TASKS:
            with self.subTest(path.name):
                self.assertEqual([], task_problems(deployables.load(path)))

    def test_command_line_inputs(self):
        folder = deployables.ROOT / "task-definitions" / "cli"
        self.assertEqual(set(deployables.CLI_INPUTS), {p.name for p in folder.glob("*.json")})
        for name, (service, operation) in deployables.CLI_INPUTS.items():
            with self.subTest(name):
                params = deployables.load(folder / name)
                self.assertEqual([], api_model.problems(service, operation, params))

    def test_policies(self):
        self.assertEqual(6, len(deployables.POLICIES))
        for path in deployables.POLICIES:
            with self.subTest(path.name):
                policy = deployables.load(path)
                found = policy_rules.problems(policy, api_model.SESSION, is_trust(path))
                self.assertEqual([], list(found))


class BrokenCopies(unittest.TestCase):
    """So that the checks above can fail: each file, broken, is refused with the field named."""

    def test_task_definitions(self):
        breakers = {
            "networkMode": lambda t: t.update(networkMode="bridge"),
            "executionRoleArn": lambda t: (t.pop("executionRoleArn"), t["containerDefinitions"][0].update(
                secrets=[{"name": "X", "valueFrom": "y"}])),
            "containerDefinitions[0].healthCheck.interval":
                lambda t: t["containerDefinitions"][0]["healthCheck"].update(interval=301),
            "containerdefinitions": lambda t: t.update(containerdefinitions=[]),
            "environment: no DD_SITE": lambda t: t["containerDefinitions"][0].update(environment=[]),
        }
        for path in deployables.TASKS:
            for field, breaker in breakers.items():
                with self.subTest(f"{path.name}: {field}"):
                    task = deployables.load(path)
                    breaker(task)
                    self.assertIn(field, "\n".join(task_problems(task)))

    def test_capacity_provider(self):
        good = deployables.load(deployables.ROOT / "task-definitions" / "cli" / "capacity-provider.json")
        breakers = {
            "monitoring": lambda t: t.update(monitoring="SOME"),
            "storageSizeGiB": lambda t: t["storageConfiguration"].update(storageSizeGiB=0),
            "ec2InstanceProfileArn": lambda t: t.pop("ec2InstanceProfileArn"),
            "subnet": lambda t: t["networkConfiguration"].update(subnet="subnet-1"),
        }
        for field, breaker in breakers.items():
            with self.subTest(field):
                params = copy.deepcopy(good)
                breaker(params["managedInstancesProvider"]["instanceLaunchTemplate"])
                found = api_model.problems("ecs", "CreateCapacityProvider", params)
                self.assertIn(field, "\n".join(found))

    def test_policies(self):
        breakers = {
            "Version": lambda p: p.update(Version="2012-10-71"),
            "Effect": lambda p: p["Statement"][0].update(Effect="allow"),
            "Action: 'ecs:ListCluster'": lambda p: p["Statement"][0].update(Action="ecs:ListCluster"),
            "Actions": lambda p: p["Statement"][0].update(Actions=[]),
            "Statement": lambda p: p.update(Statement=[]),
            "missing": lambda p: [p["Statement"][0].pop(k, None) for k in ("Resource", "Principal")],
        }
        for path in deployables.POLICIES:
            for field, breaker in breakers.items():
                with self.subTest(f"{path.name}: {field}"):
                    policy = deployables.load(path)
                    breaker(policy)
                    found = policy_rules.problems(policy, api_model.SESSION, is_trust(path))
                    self.assertIn(field, "\n".join(found))


if __name__ == "__main__":
    unittest.main()
