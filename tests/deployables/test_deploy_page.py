"""docs/deploy.md, followed top to bottom: every command parses, every input is valid, every file is there."""

import json
import re
import unittest

import api_model
import cfnlint.decode.cfn_yaml
import deployables
import page
import shape_rules

TEXT = deployables.DEPLOY_PAGE.read_text(encoding="utf-8")
# A page without one of these would not be the page.
STEPS = """ecr:CreateRepository secretsmanager:CreateSecret iam:CreateRole iam:PutRolePolicy ecs:CreateCluster
ecs:CreateCapacityProvider ecs:RegisterTaskDefinition ecs:CreateService ecs:RunTask ecs:UpdateService
ecs:DeleteService ecs:DeleteCapacityProvider ecs:DeleteCluster cloudformation:CreateChangeSet
cloudformation:DeleteStack cloudwatch:ListMetricStreams ecr:DeleteRepository iam:DeleteRole""".split()
# What the earlier steps would have set, for a single block run alone.
EARLIER = {
    "ACCOUNT": "123456789012", "REGISTRY": "registry", "AGENT_IMAGE": "registry/remora:1", "DD_API_KEY": "k" * 32,
    "SECRET_ARN": deployables.VALUES["<SECRET_ARN>"], "STREAM_SECRET_ARN": deployables.VALUES["<SECRET_ARN>"],
}


class DeployPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = page.Run("\n".join(page.blocks(TEXT)))

    def test_every_command_succeeds(self):
        self.assertEqual([], self.run_.refused, self.run_.stderr)
        self.assertEqual(0, self.run_.code, self.run_.stderr)

    def test_every_step_is_there(self):
        called = {call["operation"] for call in self.run_.calls}
        self.assertEqual([], [step for step in STEPS if step not in called])

    def test_no_aws_command_hides_outside_the_shell_blocks(self):
        shell = "".join(page.blocks(TEXT))
        everywhere = page.FENCE.sub(lambda m: m.group(0) if m.group(1) != "sh" else "", TEXT)
        self.assertGreater(page.aws_lines(shell), 40)
        self.assertEqual(0, page.aws_lines(everywhere))

    def test_no_command_names_a_launch_type_and_a_strategy(self):
        for call in self.run_.calls:
            self.assertFalse({"launchType", "capacityProviderStrategy"} <= call["params"].keys(), call["argv"])

    def test_image_is_pushed_where_the_task_pulls_it(self):
        pushed = [line.split()[-1] for line in self.run_.other if line.startswith("docker push")]
        images = {
            container["image"]
            for call in self.run_.calls if call["operation"] == "ecs:RegisterTaskDefinition"
            for container in call["params"]["containerDefinitions"] if container["name"] == "datadog-agent"
        }
        self.assertEqual(2, len(pushed))
        self.assertEqual(set(pushed), images)

    def test_the_swap_replaces_the_image_and_nothing_else(self):
        operations = [call["operation"] for call in self.run_.calls]
        swap = self.run_.calls[operations.index("ecs:DescribeTaskDefinition") + 1]
        self.assertEqual("ecs:RegisterTaskDefinition", swap["operation"])
        expected = deployables.load(deployables.ROOT / "task-definitions" / "managed-instances-secrets.json")
        expected["containerDefinitions"][0]["image"] = f"{EARLIER['ACCOUNT']}.dkr.ecr.us-east-1.amazonaws.com/remora:2"
        self.assertEqual(expected, swap["params"])

    def test_roles_of_the_page_are_the_roles_of_the_files(self):
        roles = {c["params"]["RoleName"] for c in self.run_.calls if c["operation"] == "iam:CreateRole"}
        profiles = {c["params"]["InstanceProfileName"] for c in self.run_.calls
                    if c["operation"] == "iam:CreateInstanceProfile"}
        used = set()
        for call in self.run_.calls:
            if call["operation"].startswith("ecs:"):
                used |= set(re.findall(r"arn:aws:iam::\d+:((?:role|instance-profile)/[\w-]+)", json.dumps(call["params"])))
        self.assertEqual({"role/remora-execution", "role/ecsInfrastructureRole", "instance-profile/ecsInstanceRole"}, used)
        self.assertEqual(set(), used - {f"role/{r}" for r in roles} - {f"instance-profile/{p}" for p in profiles})

    def test_what_is_created_is_removed(self):
        pairs = {"iam:CreateRole": "iam:DeleteRole", "secretsmanager:CreateSecret": "secretsmanager:DeleteSecret",
                 "iam:CreateInstanceProfile": "iam:DeleteInstanceProfile", "ecr:CreateRepository": "ecr:DeleteRepository",
                 "ecs:CreateCluster": "ecs:DeleteCluster", "logs:CreateLogGroup": "logs:DeleteLogGroup",
                 "ecs:CreateCapacityProvider": "ecs:DeleteCapacityProvider", "ecs:CreateService": "ecs:DeleteService"}
        operations = [call["operation"] for call in self.run_.calls]
        for create, delete in pairs.items():
            with self.subTest(create):
                self.assertEqual(operations.count(create), operations.count(delete))

    def test_stack_parameters_are_those_of_the_template(self):
        deploys = [c["argv"] for c in self.run_.calls if c["operation"] == "cloudformation:CreateChangeSet"]
        self.assertEqual(3, len(deploys))
        for argv in deploys:
            file = argv[argv.index("--template-file") + 1]
            with self.subTest(file):
                template = cfnlint.decode.cfn_yaml.loads((deployables.ROOT / file).read_text(encoding="utf-8"))
                given = dict(a.split("=", 1) for a in argv[argv.index("--parameter-overrides") + 1:])
                parameters = template["Parameters"]
                self.assertEqual(set(), set(given) - set(parameters))
                self.assertEqual([], [n for n, p in parameters.items() if "Default" not in p and n not in given])
                for name, value in given.items():
                    self.assertRegex(value, f"^{parameters[name].get('AllowedPattern', '.*')}$")
                roles = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
                needed = "CAPABILITY_NAMED_IAM" if any("RoleName" in r for r in roles) else "CAPABILITY_IAM"
                self.assertEqual(bool(roles), needed in argv)

    def test_json_of_the_page_is_part_of_a_container(self):
        shape = api_model.SESSION.get_service_model("ecs").shape_for("ContainerDefinition")
        fragments = page.blocks(TEXT, "json")
        self.assertEqual(1, len(fragments))
        for fragment in map(json.loads, fragments):
            self.assertEqual([], [key for key in fragment if key not in shape.members])
            self.assertEqual([], list(shape_rules.problems(shape, fragment)))

    def test_files_and_sections_it_links_to_exist(self):
        titles = re.findall(r"^#+ (.*)$", page.FENCE.sub("", TEXT), re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
        for target in re.findall(r"\]\(([^)]+)\)", TEXT):
            with self.subTest(target):
                file, _, anchor = target.partition("#")
                if file:
                    self.assertTrue((deployables.DEPLOY_PAGE.parent / file).exists())
                else:
                    self.assertIn(anchor, anchors)

    def test_files_it_names_exist(self):
        for name in re.findall(r"`((?:task-definitions|cloudformation)/[\w./-]+\.(?:json|yaml))`", TEXT):
            self.assertTrue((deployables.ROOT / name).exists(), name)
        for name in re.findall(r"`((?:managed-instances-[\w-]+|fargate)\.json)`", TEXT):
            self.assertTrue((deployables.ROOT / "task-definitions" / name).exists(), name)


# What stands on the page, what stands on the broken copy, what the refusal names.
BROKEN = [
    ("--cluster-name \"$CLUSTER\"", "--clustername \"$CLUSTER\"", "--clustername"),
    ("subnets=[$SUBNET]", "subnet=[$SUBNET]", "subnet"),
    (",weight=1\"", ",weight=1001\"", "weight: 1001"),
    ("--image-tag-mutability IMMUTABLE", "--image-tag-mutability NEVER", "NEVER"),
    ("wait services-stable", "wait service-stable", "service-stable"),
    ("--query 'tasks[0].{", "--query 'tasks[0.{", "--query"),
    ("file://task-definitions/iam/ecs-trust.json", "file://task-definitions/ecs-trust.json", "ecs-trust.json"),
    ("s|<CLUSTER_NAME>|$CLUSTER|g", "s|<CLUSTER>|$CLUSTER|g", "a placeholder was not replaced"),
    ("--launch-type FARGATE", "--launch-type FARGET", "FARGET"),
    ("./dev image\n", "./dev images\n", "./dev knows no images"),
    (", .registeredBy)", ")", "registeredBy"),
    ("--query ARN --output", "--query ARN[ --output", "--query"),  # inside export NAME=$(...)
    ("--recovery-window-in-days 7", "--recovery-window-in-days seven", "seven"),
]


class BrokenCopies(unittest.TestCase):
    """So that the page's check can fail."""

    def test_each_is_refused(self):
        setup, *rest = page.blocks(TEXT)
        helper = next(block for block in rest if block.startswith("fill() {"))
        for good, bad, named in BROKEN:
            with self.subTest(bad):
                block = next(b for b in rest if good in b)
                if block == helper:
                    block = next(b for b in rest if "capacity-provider.json" in b)
                script = setup + helper.replace(good, bad) + block.replace(good, bad)
                run = page.Run(script, EARLIER)
                self.assertTrue(run.code != 0 or run.refused)
                self.assertIn(named, run.stderr)


if __name__ == "__main__":
    unittest.main()
