// Interpreter of a plan (see ../README.md) for java-dogstatsd-client.

import com.timgroup.statsd.Event;
import com.timgroup.statsd.NonBlockingStatsDClientBuilder;
import com.timgroup.statsd.ServiceCheck;
import com.timgroup.statsd.StatsDClient;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

public final class Client {
  // The library has no flush: what it gathers leaves it within these intervals.
  private static final int AGGREGATION_MS = 300;
  private static final int TELEMETRY_MS = 1000;

  private static final Map<String, StatsDClient> clients = new LinkedHashMap<>();
  private static String[] addresses;

  public static void main(String[] arguments) throws Exception {
    addresses = arguments;
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] f = line.replace("\\n", "\n").split("\t", -1);
      switch (f[0]) {
        case "new" -> create(f);
        case "event" -> event(f);
        case "check" -> check(f);
        case "flush" -> {
          Thread.sleep(3 * AGGREGATION_MS);
          System.out.println("flushed");
        }
        case "close" -> {
          clients.values().forEach(StatsDClient::close);
          System.out.println("closed");
        }
        default -> metric(f);
      }
    }
  }

  private static String[] words(String text) {
    return text.isEmpty() ? new String[0] : text.split(",");
  }

  private static void create(String[] f) {
    NonBlockingStatsDClientBuilder builder =
        new NonBlockingStatsDClientBuilder()
            .constantTags(words(f[4]))
            .blocking(true)
            .timeout(5000)
            .enableTelemetry(true)
            .enableAggregation(f[3].equals("aggregated"))
            .errorHandler(error -> System.err.println("java: " + error));
    builder.aggregationFlushInterval = AGGREGATION_MS;
    builder.telemetryFlushInterval = TELEMETRY_MS;
    if (!f[5].isEmpty()) builder.containerID(f[5]);
    switch (f[2]) {
      case "udp" -> builder.hostname("127.0.0.1").port(Integer.parseInt(addresses[0]));
      case "datagram" -> builder.address("unixgram://" + addresses[1]);
      default -> builder.address("unixstream://" + addresses[2]);
    }
    clients.put(f[1], builder.build());
  }

  private static void metric(String[] f) {
    StatsDClient client = clients.get(f[1]);
    String name = f[2], value = f[3];
    String[] tags = words(f[4]);
    boolean timed = !f[5].isEmpty();
    switch (f[0]) {
      case "count" -> {
        if (timed) client.countWithTimestamp(name, Long.parseLong(value), Long.parseLong(f[5]), tags);
        else client.count(name, Long.parseLong(value), tags);
      }
      case "gauge" -> {
        if (timed) client.gaugeWithTimestamp(name, Double.parseDouble(value), Long.parseLong(f[5]), tags);
        else client.gauge(name, Double.parseDouble(value), tags);
      }
      case "set" -> client.recordSetValue(name, value, tags);
      case "histogram" -> client.histogram(name, Double.parseDouble(value), tags);
      case "timing" -> client.time(name, Long.parseLong(value), tags);
      case "distribution" -> client.distribution(name, Double.parseDouble(value), tags);
      default -> throw new IllegalArgumentException(Arrays.toString(f));
    }
  }

  private static void event(String[] f) {
    Event.Builder event = Event.builder().withTitle(f[2]).withText(f[3]);
    if (!f[5].isEmpty()) event.withDate(Long.parseLong(f[5]) * 1000);
    if (!f[6].isEmpty()) event.withAlertType(Event.AlertType.valueOf(f[6].toUpperCase()));
    if (!f[7].isEmpty()) event.withPriority(Event.Priority.valueOf(f[7].toUpperCase()));
    if (!f[8].isEmpty()) event.withAggregationKey(f[8]);
    if (!f[9].isEmpty()) event.withSourceTypeName(f[9]);
    clients.get(f[1]).recordEvent(event.build(), words(f[4]));
  }

  private static void check(String[] f) {
    ServiceCheck.Builder check =
        ServiceCheck.builder()
            .withName(f[2])
            .withStatus(ServiceCheck.Status.values()[Integer.parseInt(f[3])])
            .withTags(words(f[4]));
    if (!f[5].isEmpty()) check.withTimestamp(Integer.parseInt(f[5]));
    if (!f[6].isEmpty()) check.withHostname(f[6]);
    if (!f[7].isEmpty()) check.withMessage(f[7]);
    clients.get(f[1]).serviceCheck(check.build());
  }
}
