#!/bin/sh
# The image's start command. Like the Datadog Agent's, the variable ENTRYPOINT chooses what to run.
case "${ENTRYPOINT:-agent}" in
  agent | _default | simple-all-in-one)
    exec agent run
    ;;
  init-config | init-volume)
    # Init containers that prepare a writable configuration volume: nothing needs preparing here.
    exit 0
    ;;
  trace-agent | process-agent | security-agent | system-probe | otel-agent)
    echo "remora is one process: ENTRYPOINT=$ENTRYPOINT has no process of its own here. Remove this container or the variable." >&2
    exit 1
    ;;
  *)
    echo "unknown ENTRYPOINT=$ENTRYPOINT; leave it unset to run the agent" >&2
    exit 1
    ;;
esac
