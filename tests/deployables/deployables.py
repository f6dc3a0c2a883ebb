"""Where the files are, and what a user writes in place of their placeholders."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TASKS = sorted((ROOT / "task-definitions").glob("*.json"))
POLICIES = sorted((ROOT / "task-definitions" / "iam").glob("*.json"))
CLI_INPUTS = {"capacity-provider.json": ("ecs", "CreateCapacityProvider")}
TEMPLATES = sorted((ROOT / "cloudformation").glob("*.yaml"))
DEPLOY_PAGE = ROOT / "docs" / "deploy.md"

PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]*>")
VALUES = {
    "<TASK_NAME>": "my-app-and-datadog",
    "<YOUR_API_KEY>": "0123456789abcdef0123456789abcdef",
    "<YOUR_DD_SITE>": "datadoghq.com",
    "<AGENT_IMAGE>": "123456789012.dkr.ecr.us-east-1.amazonaws.com/remora:1",
    "<APP_IMAGE>": "public.ecr.aws/docker/library/nginx:stable",
    "<EXECUTION_ROLE_ARN>": "arn:aws:iam::123456789012:role/remora-execution",
    "<SECRET_ARN>": "arn:aws:secretsmanager:us-east-1:123456789012:secret:datadog-api-key-AbCdEf",
    "<REPOSITORY_ARN>": "arn:aws:ecr:us-east-1:123456789012:repository/remora",
    "<CAPACITY_PROVIDER>": "my-managed-instances",
    "<CLUSTER_NAME>": "my-cluster",
    "<INFRASTRUCTURE_ROLE_ARN>": "arn:aws:iam::123456789012:role/ecsInfrastructureRole",
    "<INSTANCE_PROFILE_ARN>": "arn:aws:iam::123456789012:instance-profile/ecsInstanceRole",
    "<PRIVATE_SUBNET>": "subnet-0123456789abcdef0",
    "<SECURITY_GROUP>": "sg-0123456789abcdef0",
    "<DATADOG_ACCOUNT>": "464622532012",
    "<EXTERNAL_ID>": "0123456789abcdef",
}


def load(path):
    """The JSON file with its placeholders filled in; one that is unknown stays and is found."""
    text = path.read_text(encoding="utf-8")
    for placeholder, value in VALUES.items():
        text = text.replace(placeholder, value)
    return json.loads(text)
