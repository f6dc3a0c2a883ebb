"""IAM policy documents: to the API they are a string, so nothing checks them before IAM does."""

ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
# Prefix of an action -> service of botocore, where the two names differ.
SERVICES = {"tag": "resourcegroupstaggingapi"}
# Actions that are not called as the operation they allow.
OPERATIONS = {"s3:ListBucket": "ListObjectsV2"}


def problems(policy, session, trust):
    """Yields 'path: what is wrong'. `trust`: who may assume a role, in place of what it may do."""
    if policy.get("Version") != "2012-10-17":
        yield "Version: must be 2012-10-17"
    statements = policy.get("Statement")
    if not isinstance(statements, list) or not statements:
        yield "Statement: must be a list with at least one statement"
        return
    for index, statement in enumerate(statements):
        path = f"Statement[{index}]"
        for name in sorted(statement.keys() - ELEMENTS):
            yield f"{path}.{name}: no such element"
        if statement.get("Effect") not in ("Allow", "Deny"):
            yield f"{path}.Effect: must be Allow or Deny"
        needed, forbidden = ("Principal", "Resource") if trust else ("Resource", "Principal")
        if not statement.get(needed):
            yield f"{path}.{needed}: missing"
        if forbidden in statement:
            yield f"{path}.{forbidden}: does not belong here"
        yield from _actions(statement.get("Action"), session, f"{path}.Action")


def _actions(actions, session, path):
    actions = [actions] if isinstance(actions, str) else actions or []
    if not actions:
        yield f"{path}: missing"
    for action in actions:
        prefix, _, operation = action.partition(":")
        operation = OPERATIONS.get(action, operation)
        service = SERVICES.get(prefix, prefix)
        if service not in session.get_available_services():
            yield f"{path}: {action!r} names no service"
        elif operation not in session.get_service_model(service).operation_names:
            yield f"{path}: {action!r} is no action of {service}"
