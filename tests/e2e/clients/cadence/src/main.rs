//! Interpreter of a plan (see ../../README.md) for cadence.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;

use cadence::prelude::*;
use cadence::{
    BufferedUdpMetricSink, BufferedUnixMetricSink, MetricBuilder, MetricSink, StatsdClient, UdpMetricSink, UnixMetricSink,
};

fn client<S>(sink: S, tags: &str, container: &str) -> StatsdClient
where
    S: MetricSink + Sync + Send + std::panic::RefUnwindSafe + 'static,
{
    let mut builder = StatsdClient::builder("", sink).with_error_handler(|e| eprintln!("cadence: {e}"));
    for tag in tags.split(',') {
        let (key, value) = tag.split_once(':').expect("tag");
        builder = builder.with_tag(key, value);
    }
    if !container.is_empty() {
        builder = builder.with_container_id(container);
    }
    builder.build()
}

fn create(f: &[&str], addresses: &[String]) -> StatsdClient {
    let (tags, container) = (f[4], f[5]);
    let udp = || UdpSocket::bind("127.0.0.1:0").expect("UDP socket");
    let unix = || UnixDatagram::unbound().expect("Unix socket");
    let to = ("127.0.0.1", addresses[0].parse::<u16>().expect("port"));
    let path = &addresses[1];
    match (f[2], f[3]) {
        ("udp", "plain") => client(UdpMetricSink::from(to, udp()).expect("sink"), tags, container),
        ("udp", _) => client(BufferedUdpMetricSink::from(to, udp()).expect("sink"), tags, container),
        (_, "plain") => client(UnixMetricSink::from(path, unix()), tags, container),
        _ => client(BufferedUnixMetricSink::from(path, unix()), tags, container),
    }
}

fn send<'c, T: cadence::Metric + From<String>>(mut metric: MetricBuilder<'c, 'c, T>, tags: &'c str, time: &str) {
    for tag in tags.split(',').filter(|t| !t.is_empty()) {
        metric = match tag.split_once(':') {
            Some((key, value)) => metric.with_tag(key, value),
            None => metric.with_tag_value(tag),
        };
    }
    if !time.is_empty() {
        metric = metric.with_timestamp(time.parse().expect("time"));
    }
    metric.send();
}

fn main() {
    let addresses: Vec<String> = std::env::args().skip(1).collect();
    let mut clients = BTreeMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("line");
        let f: Vec<&str> = line.split('\t').collect();
        match f[0] {
            "new" => {
                clients.insert(f[1].to_string(), create(&f, &addresses));
            }
            "flush" => {
                for client in clients.values() {
                    client.flush().expect("flush");
                }
                println!("flushed");
            }
            "close" => {
                clients.clear(); // each sink sends what it holds when it is dropped
                println!("closed");
            }
            _ => {
                let (c, name, value, tags, time) = (&clients[f[1]], f[2], f[3], f[4], f[5]);
                let float = || value.parse::<f64>().expect("number");
                let whole = || value.parse::<i64>().expect("whole number");
                match f[0] {
                    "count" => send(c.count_with_tags(name, whole()), tags, time),
                    "gauge" => send(c.gauge_with_tags(name, float()), tags, time),
                    "set" => send(c.set_with_tags(name, whole()), tags, time),
                    "histogram" => send(c.histogram_with_tags(name, float()), tags, time),
                    "timing" => send(c.time_with_tags(name, whole() as u64), tags, time),
                    "distribution" => send(c.distribution_with_tags(name, float()), tags, time),
                    word => panic!("unknown word {word}"),
                }
            }
        }
    }
}
