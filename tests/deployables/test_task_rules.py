"""Our own rules, one broken task definition each: the rule names the field."""

import copy
import unittest

import api_model

GOOD = {
    "family": "f",
    "requiresCompatibilities": ["MANAGED_INSTANCES"],
    "networkMode": "awsvpc",
    "cpu": "512",
    "memory": "1024",
    "executionRoleArn": "arn",
    "containerDefinitions": [
        {
            "name": "datadog-agent",
            "image": "i",
            "environment": [
                {"name": "DD_SITE", "value": "datadoghq.com"},
                {"name": "ECS_MANAGED_INSTANCES", "value": "true"},
                {"name": "DD_ECS_DEPLOYMENT_MODE", "value": "sidecar"},
                {"name": "ECS_FARGATE", "value": "true"},
            ],
            "secrets": [{"name": "DD_API_KEY", "valueFrom": "arn"}],
            "healthCheck": {"command": ["CMD-SHELL", "agent health"], "interval": 30, "timeout": 5},
            "mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}],
        },
        {"name": "app", "image": "i", "essential": True},
    ],
    "volumes": [{"name": "v", "host": {}}],
}
LABEL = "com.datadoghq.ad."


def task(change):
    broken = copy.deepcopy(GOOD)
    change(broken, *broken["containerDefinitions"])
    return broken


def app(**members):
    return lambda task, agent, app: app.update(members)


def agent(**members):
    return lambda task, agent, app: agent.update(members)


def whole(**members):
    return lambda task, agent, app: task.update(members)


def health(**members):
    return lambda task, agent, app: agent["healthCheck"].update(members)


def fargate(cpu, memory):
    return whole(requiresCompatibilities=["FARGATE"], cpu=cpu, memory=memory)


def remove(name):
    return lambda task, agent, app: task.pop(name)


BROKEN = [
    # what is changed, the one complaint that follows (its beginning)
    (whole(networkMode="bridge"), "networkMode: 'bridge' is not possible on MANAGED_INSTANCES"),
    (whole(networkMode="AWSVPC"), "networkMode: 'AWSVPC' is none of"),
    (remove("networkMode"), "networkMode: missing"),
    (whole(requiresCompatibilities=["MANAGED"]), "requiresCompatibilities[0]: 'MANAGED' is none of"),
    (remove("requiresCompatibilities"), "requiresCompatibilities: missing"),
    (whole(pidMode="container"), "pidMode: 'container' is none of"),
    (whole(requiresCompatibilities=["FARGATE"], pidMode="host"), "pidMode: 'host' is not possible on FARGATE"),
    (whole(cpu="half"), "cpu: 'half' is not a number"),
    (fargate("512", "512"), "memory: 512 MiB does not go with 512"),
    (fargate("300", "512"), "cpu: 300 is no size"),
    (fargate("4096", "31744"), "memory: 31744 MiB does not go with 4096"),
    (fargate("8192", "18432"), "memory: 18432 MiB does not go with 8192"),
    (whole(runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}), "runtimePlatform"),
    (remove("executionRoleArn"), "executionRoleArn: secrets need"),
    (remove("memory"), "containerDefinitions[0].memory: neither"),
    (app(memoryReservation=2048), "memory: the containers ask for 2048"),
    (app(cpu=1024), "cpu: the containers ask for 1024"),
    (app(memory=8, memoryReservation=16), "containerDefinitions[1].memoryReservation: above memory"),
    (lambda t, agent, app: (agent.update(essential=False), app.update(essential=False)),
     "containerDefinitions: no container is essential"),
    (app(name="datadog-agent"), "containerDefinitions: name 'datadog-agent' twice"),
    (app(image=""), "containerDefinitions[1].image: missing"),
    (health(interval=4, timeout=2), "containerDefinitions[0].healthCheck.interval: 4 is outside 5 to 300"),
    (health(interval=301), "containerDefinitions[0].healthCheck.interval: 301"),
    (health(timeout=1), "containerDefinitions[0].healthCheck.timeout: 1 is outside 2 to 60"),
    (health(timeout=61, interval=300), "containerDefinitions[0].healthCheck.timeout: 61"),
    (health(timeout=31), "containerDefinitions[0].healthCheck.timeout: longer than the interval"),
    (health(retries=0), "containerDefinitions[0].healthCheck.retries: 0 is outside 1 to 10"),
    (health(retries=11), "containerDefinitions[0].healthCheck.retries: 11"),
    (health(startPeriod=301), "containerDefinitions[0].healthCheck.startPeriod: 301"),
    (health(command=["agent", "health"]), "containerDefinitions[0].healthCheck.command: must be CMD"),
    (health(command=["CMD-SHELL", "agent", "health"]), "containerDefinitions[0].healthCheck.command: CMD-SHELL"),
    (health(command=[]), "containerDefinitions[0].healthCheck.command"),
    (app(dependsOn=[{"containerName": "agent", "condition": "HEALTHY"}]),
     "containerDefinitions[1].dependsOn: no other container 'agent'"),
    (app(dependsOn=[{"containerName": "app", "condition": "START"}]),
     "containerDefinitions[1].dependsOn: no other container 'app'"),
    (app(dependsOn=[{"containerName": "datadog-agent", "condition": "healthy"}]),
     "containerDefinitions[1].dependsOn[0].condition: 'healthy' is none of"),
    (agent(dependsOn=[{"containerName": "app", "condition": "HEALTHY"}]),
     "containerDefinitions[0].dependsOn: 'app' has no healthCheck"),
    (app(dependsOn=[{"containerName": "datadog-agent", "condition": "SUCCESS"}]),
     "containerDefinitions[1].dependsOn: 'datadog-agent' is essential"),
    (app(volumesFrom=[{"sourceContainer": "agent"}]), "containerDefinitions[1].volumesFrom"),
    (app(mountPoints=[{"sourceVolume": "w", "containerPath": "/w"}]),
     "containerDefinitions[1].mountPoints: no volume 'w'"),
    (app(mountPoints=[{"sourceVolume": "v", "containerPath": "v"}]),
     "containerDefinitions[1].mountPoints: containerPath must be absolute"),
    (agent(mountPoints=[]), "volumes: no container mounts 'v'"),
    (app(environment=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
     "containerDefinitions[1].environment: name 'A' twice"),
    (app(environment=[{"name": "A", "value": "1"}], secrets=[{"name": "A", "valueFrom": "arn"}]),
     "containerDefinitions[1].environment: name 'A' twice"),
    (app(portMappings=[{"containerPort": 80}, {"containerPort": 80, "protocol": "tcp"}]),
     "portMappings: port of one network namespace"),
    (app(portMappings=[{"containerPort": 80, "hostPort": 8080}]),
     "containerDefinitions[1].portMappings.hostPort: must be 80"),
    (app(portMappings=[{"containerPort": 70000}]), "containerDefinitions[1].portMappings.containerPort"),
    (app(portMappings=[{"containerPort": 80, "protocol": "TCP"}]),
     "containerDefinitions[1].portMappings[0].protocol: 'TCP' is none of"),
    (app(links=["datadog-agent"]), "containerDefinitions[1].links"),
    (app(stopTimeout=121), "containerDefinitions[1].stopTimeout"),
    (app(logConfiguration={"logDriver": "awsfirelens"}), "logConfiguration.logDriver: awsfirelens"),
    (app(logConfiguration={"logDriver": "cloudwatch"}),
     "containerDefinitions[1].logConfiguration.logDriver: 'cloudwatch' is none of"),
    (lambda t, agent, app: (t.update(requiresCompatibilities=["FARGATE"]), app.update(
        logConfiguration={"logDriver": "json-file"})),
     "containerDefinitions[1].logConfiguration.logDriver: 'json-file' is not on Fargate"),
    (app(dockerLabels={LABEL + "checks": "{redisdb"}), f"containerDefinitions[1].dockerLabels[{LABEL}checks]: not JSON"),
    (app(dockerLabels={LABEL + "checks": "[]"}), f"containerDefinitions[1].dockerLabels[{LABEL}checks]: must be"),
    (app(dockerLabels={LABEL + "check_names": "[\"a\"]", LABEL + "init_configs": "[{}]"}),
     f"containerDefinitions[1].dockerLabels: {LABEL}instances missing"),
    (app(dockerLabels={LABEL + "check_names": "[\"a\"]", LABEL + "init_configs": "[{}]",
                       LABEL + "instances": "[]"}),
     "containerDefinitions[1].dockerLabels: check_names, init_configs, instances must be of one length"),
    (agent(secrets=[]), "containerDefinitions[0].environment: no DD_API_KEY"),
    (agent(environment=[{"name": "DD_SITE", "value": "x"}, {"name": "ECS_MANAGED_INSTANCES", "value": "true"}]),
     "containerDefinitions[0].environment: DD_ECS_DEPLOYMENT_MODE must be 'sidecar'"),
    (lambda t, agent, app: agent.pop("healthCheck"), "containerDefinitions[0].healthCheck: missing"),
]


def problems(definition):
    return api_model.problems("ecs", "RegisterTaskDefinition", definition)


class TaskRules(unittest.TestCase):
    def test_the_good_one_is_good(self):
        self.assertEqual([], problems(GOOD))

    def test_each_rule_speaks(self):
        for change, complaint in BROKEN:
            with self.subTest(complaint):
                found = problems(task(change))
                self.assertTrue(any(line.startswith(complaint) for line in found), found)

    def test_waiting_in_a_circle_is_found(self):
        found = problems(task(lambda t, agent, app: (
            agent.update(dependsOn=[{"containerName": "app", "condition": "START"}]),
            app.update(dependsOn=[{"containerName": "datadog-agent", "condition": "START"}]))))
        self.assertEqual(2, len([line for line in found if "waits for this container in turn" in line]))

    def test_the_largest_sizes_of_fargate_pass(self):
        for cpu, memory in (("256", "2048"), ("1024", "8192"), ("4096", "30720"), ("16384", "122880")):
            with self.subTest(cpu):
                self.assertEqual([], problems(task(fargate(cpu, memory))))


if __name__ == "__main__":
    unittest.main()
