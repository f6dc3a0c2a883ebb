"""Validates the input of an API operation as botocore would, and then as the service would."""

import botocore.session
import botocore.validate

import shape_rules
import task_rules

SESSION = botocore.session.get_session()


def problems(service, operation, params):
    """All that is wrong with `params`, as a list of 'path: text'."""
    shape = SESSION.get_service_model(service).operation_model(operation).input_shape
    report = botocore.validate.ParamValidator().validate(params, shape)
    if report.has_errors():
        return report.generate_report().splitlines()
    found = list(shape_rules.problems(shape, params))
    if operation == "RegisterTaskDefinition":
        found += task_rules.problems(params)
    return found
