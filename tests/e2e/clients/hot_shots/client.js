// Interpreter of a plan (see ../README.md) for hot-shots.
'use strict';

const readline = require('readline');
const StatsD = require('hot-shots');

const [port, datagram] = process.argv.slice(2);
const clients = new Map();

function fail(error) {
  console.error(`hot-shots: ${error.message}`);
}

function create(id, transport, mode, tags, container) {
  const options = {
    globalTags: tags.split(','),
    includeDatadogTelemetry: true,
    telemetryFlushInterval: 1000,
    bufferFlushInterval: 300,
    errorHandler: fail,
  };
  if (transport === 'udp') {
    Object.assign(options, { host: '127.0.0.1', port: Number(port) });
    if (mode === 'aggregated') options.maxBufferSize = 1432;
  } else {
    Object.assign(options, { protocol: 'uds', path: datagram, udsRetryOptions: { retries: 200, retryDelayMs: 5 } });
  }
  if (container) Object.assign(options, { datadog: true, containerID: container });
  if (mode === 'aggregated') options.aggregation = { flushInterval: 500 };
  clients.set(id, new StatsD(options));
}

function metric(op, id, name, value, tags, timestamp) {
  const client = clients.get(id);
  const options = { tags: tags ? tags.split(',') : [] };
  if (timestamp) options.timestamp = Number(timestamp);
  const method = { count: 'increment', gauge: 'gauge', set: 'set', histogram: 'histogram', timing: 'timing',
    distribution: 'distribution' }[op];
  client[method](name, op === 'set' ? value : Number(value), options);
}

function event(id, title, text, tags, timestamp, alert, priority, key, source) {
  clients.get(id).event(title, text, {
    date_happened: timestamp ? new Date(Number(timestamp) * 1000) : undefined,
    alert_type: alert || undefined,
    priority: priority || undefined,
    aggregation_key: key || undefined,
    source_type_name: source || undefined,
  }, tags ? tags.split(',') : []);
}

function check(id, name, status, tags, timestamp, host, message) {
  clients.get(id).check(name, Number(status), {
    date_happened: timestamp ? new Date(Number(timestamp) * 1000) : undefined,
    hostname: host || undefined,
    message: message || undefined,
  }, tags ? tags.split(',') : []);
}

function all(step) {
  return Promise.all([...clients.values()].map((client) => new Promise((done) => step(client, done))));
}

const input = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
input.on('line', (line) => {
  const [op, ...rest] = line.replaceAll('\\n', '\n').split('\t');
  if (op === 'new') create(...rest);
  else if (op === 'event') event(...rest);
  else if (op === 'check') check(...rest);
  else if (op === 'flush') all((client, done) => client.flush(done)).then(() => console.log('flushed'));
  else if (op === 'close') all((client, done) => client.close(done)).then(() => console.log('closed'));
  else metric(op, ...rest);
});
