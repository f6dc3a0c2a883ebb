"""The task definition inside a CloudFormation template, in the form RegisterTaskDefinition takes."""

import cfnlint.decode.cfn_yaml

# Maps whose keys are the user's own and keep their case.
OWN_KEYS = ("DockerLabels", "Options")


def task_definitions(text):
    """Resource name -> input of RegisterTaskDefinition, with a sample text for every reference."""
    template = cfnlint.decode.cfn_yaml.loads(text)
    return {
        name: _lower(resource["Properties"])
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::ECS::TaskDefinition"
    }


def _lower(value):
    if isinstance(value, list):
        return [_lower(v) for v in value]
    if not isinstance(value, dict):
        return str(value) if isinstance(value, str) else value
    if len(value) == 1 and next(iter(value)) in ("Ref", "Fn::Sub", "Fn::GetAtt"):
        return "sample"
    return {
        key[0].lower() + key[1:]: {k: _lower(v) for k, v in member.items()} if key in OWN_KEYS
        else _lower(member)
        for key, member in value.items()
    }
