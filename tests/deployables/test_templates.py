"""cfn-lint finds nothing in the CloudFormation templates, and something in every broken copy."""

import json
import unittest

import cfnlint.api
import cfnlint.decode.cfn_yaml

import api_model
import deployables
import policy_rules
import template_task


def lint(text):
    """Errors and warnings; the rules whose names begin with I are advice."""
    matches = [m for m in cfnlint.api.lint_all(text) if not m.rule.id.startswith("I")]
    return [f"{m.rule.id} {'/'.join(map(str, m.path or []))}: {m.message}" for m in matches]


def task_problems(text):
    found = []
    for task in template_task.task_definitions(text).values():
        found += api_model.problems("ecs", "RegisterTaskDefinition", task)
    return found


# File, what stands there, what stands there in the broken copy, what the complaint names.
BROKEN = [
    ("task-definition.yaml", "Image: !Ref AgentImage", "Image: !Ref AgentImg", "AgentImg"),
    ("task-definition.yaml", "{Name: DD_API_KEY, ", "{name: DD_API_KEY, ", "'Name' is a required"),
    ("task-definition.yaml", "NetworkMode: awsvpc", "NetworkMode: vpc", "NetworkMode"),
    ("example.yaml", "ManagedInstancesProvider:", "ManagedInstanceProvider:", "ManagedInstanceProvider"),
    ("example.yaml", "ClusterName: !Ref Cluster", "ClusterName: !Ref Clusters", "Clusters"),
    ("example.yaml", "!GetAtt InfrastructureRole.Arn", "!GetAtt InfrastructureRole.ARN", "'ARN' is not one of"),
    ("example.yaml", "SchedulingStrategy: REPLICA", "SchedulingStrategy: REPLICAS", "SchedulingStrategy"),
    ("example.yaml", "{CapacityProvider: !Ref CapacityProvider, ", "{Provider: !Ref CapacityProvider, ", "Provider"),
    ("example.yaml", "Monitoring: BASIC", "Monitoring: LITTLE", "Monitoring"),
    ("metric-stream.yaml", "OutputFormat: opentelemetry1.0", "Format: opentelemetry1.0", "OutputFormat"),
    ("metric-stream.yaml", "S3BackupMode: FailedDataOnly", "S3BackupMode: Failed", "S3BackupMode"),
]
BROKEN_TASKS = [
    ("task-definition.yaml", "Interval: 30", "Interval: 301", "healthCheck.interval: 301"),
    ("task-definition.yaml", "Value: sidecar", "Value: daemon", "DD_ECS_DEPLOYMENT_MODE must be 'sidecar'"),
    ("example.yaml", "ContainerName: redis", "ContainerName: reddis", "dependsOn: no other container 'reddis'"),
    ("example.yaml", "'[{}]'", "'[{}'", "com.datadoghq.ad.init_configs]: not JSON"),
]


class Templates(unittest.TestCase):
    def test_lint(self):
        self.assertEqual(3, len(deployables.TEMPLATES))
        for path in deployables.TEMPLATES:
            with self.subTest(path.name):
                self.assertEqual([], lint(path.read_text(encoding="utf-8")))

    def test_task_definitions_keep_our_rules(self):
        for name in ("task-definition.yaml", "example.yaml"):
            with self.subTest(name):
                text = (deployables.ROOT / "cloudformation" / name).read_text(encoding="utf-8")
                self.assertEqual(1, len(template_task.task_definitions(text)))
                self.assertEqual([], task_problems(text))

    def test_the_roles_name_real_actions(self):
        for path in deployables.TEMPLATES:
            template = cfnlint.decode.cfn_yaml.loads(path.read_text(encoding="utf-8"))
            for name, resource in template["Resources"].items():
                for policy in resource.get("Properties", {}).get("Policies", []):
                    with self.subTest(f"{path.name}: {name}"):
                        document = json.loads(json.dumps(policy["PolicyDocument"]))
                        self.assertEqual([], list(policy_rules.problems(document, api_model.SESSION, False)))


class BrokenCopies(unittest.TestCase):
    def check(self, rows, judge):
        for name, good, bad, named in rows:
            with self.subTest(f"{name}: {bad}"):
                text = (deployables.ROOT / "cloudformation" / name).read_text(encoding="utf-8")
                self.assertIn(good, text)
                self.assertIn(named, "\n".join(judge(text.replace(good, bad))))

    def test_lint(self):
        self.check(BROKEN, lint)

    def test_task_definitions(self):
        self.check(BROKEN_TASKS, task_problems)


if __name__ == "__main__":
    unittest.main()
