"""`aws` without AWS: the real command line parser and validation, an invented answer, no network.

Started as the program `aws` while the commands of docs/deploy.md run. A call that the AWS CLI, botocore
or our own rules refuse ends with an error on stderr and a code that is not 0. Every call is written as
one JSON line to the file FAKE_AWS_LOG, every refusal to FAKE_AWS_LOG.refused.
"""

import base64
import datetime
import json
import os
import sys

import awscli.clidriver
import botocore.awsrequest
import botocore.waiter

import api_model
import deployables
import policy_rules

ACCOUNT = "123456789012"
POLICY_MEMBERS = {"AssumeRolePolicyDocument": True, "PolicyDocument": False}  # value: is a trust policy
PAGING = ("nexttoken", "marker", "istruncated", "nextmarker")


class Refused(Exception):
    """A call the service would refuse."""


def check(params, model, **_):
    """Before the request is built: everything botocore's own validation lets pass."""
    service = model.service_model.service_name
    found = api_model.problems(service, model.name, params)
    if deployables.PLACEHOLDER.search(json.dumps(params, default=str)):
        found.append("a placeholder was not replaced")
    for member, trust in POLICY_MEMBERS.items():
        if member in params:
            found += policy_rules.problems(json.loads(params[member]), api_model.SESSION, trust)
    if found:
        raise Refused(f"{service} {model.name}: " + "; ".join(found))
    record = {"argv": sys.argv[1:], "operation": f"{service}:{model.name}", "params": params}
    with open(os.environ["FAKE_AWS_LOG"], "a", encoding="utf-8") as log:
        log.write(json.dumps(record, default=str) + "\n")


def answer(model, **_):
    """In place of the request: an answer of the right shape."""
    body = sample(model.output_shape, model.service_model.service_name) if model.output_shape else {}
    body.update(CANNED.get(model.name, dict)())
    return botocore.awsrequest.AWSResponse("", 200, {}, None), body


def sample(shape, service, name="", depth=0):
    """A value of the shape; every list has one element, paging is over after the first page."""
    kind = shape.type_name
    if kind == "structure":
        return {
            member: sample(inner, service, member, depth + 1)
            for member, inner in shape.members.items()
            if member.lower() not in PAGING and depth < 6
        }
    if kind == "list":
        return [] if name in ("failures", "errors") else [sample(shape.member, service, name, depth + 1)]
    if kind == "string":
        if shape.enum:
            return shape.enum[0]
        return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{name}" if name.lower().endswith("arn") else name
    return {
        "map": dict,
        "boolean": lambda: True,
        "timestamp": lambda: datetime.datetime(2026, 1, 1),
        "blob": bytes,
    }.get(kind, lambda: 1)()


def existing_task_definition():
    """A task of somebody who runs the Datadog Agent, with the members only a description has."""
    task = deployables.load(deployables.ROOT / "task-definitions" / "managed-instances-secrets.json")
    task["containerDefinitions"][0]["image"] = "public.ecr.aws/datadog/agent:7"
    task.update(
        taskDefinitionArn=f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/my-app:7", revision=7, status="ACTIVE",
        requiresAttributes=[{"name": "ecs.capability.task-eni"}], compatibilities=["MANAGED_INSTANCES"],
        registeredAt=datetime.datetime(2026, 1, 1), registeredBy=f"arn:aws:iam::{ACCOUNT}:user/somebody")
    return {"taskDefinition": task, "tags": []}


def login():
    token = base64.b64encode(b"AWS:password").decode()
    return {"authorizationData": [{"authorizationToken": token, "proxyEndpoint": "https://registry"}]}


CANNED = {
    "GetCallerIdentity": lambda: {"Account": ACCOUNT},
    "GetAuthorizationToken": login,
    "DescribeTaskDefinition": existing_task_definition,
}


def main():
    os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_CONFIG_FILE="/dev/null",
                      AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="")
    # A waiter asks once, with its arguments validated, and does not judge the invented answer.
    botocore.waiter.Waiter.wait = lambda self, **kwargs: self._operation_method(
        **{k: v for k, v in kwargs.items() if k != "WaiterConfig"})
    driver = awscli.clidriver.create_clidriver()
    driver.session.register("before-parameter-build", check)
    driver.session.register("before-call", answer)
    code = driver.main(sys.argv[1:])
    if code != 0:  # the shell does not notice a failure inside export NAME=$(aws ...)
        with open(f"{os.environ['FAKE_AWS_LOG']}.refused", "a", encoding="utf-8") as log:
            log.write(" ".join(sys.argv[1:]) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
