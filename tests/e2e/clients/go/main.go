// Interpreter of a plan (see ../README.md) for datadog-go.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/DataDog/datadog-go/v5/statsd"
)

var clients = map[string]*statsd.Client{}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func words(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func integer(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	must(err)
	return value
}

func float(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	must(err)
	return value
}

func moment(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	return time.Unix(integer(text), 0)
}

func create(id, transport, mode, tags, container string) {
	address := map[string]string{
		"udp":      "127.0.0.1:" + os.Args[1],
		"datagram": "unixgram://" + os.Args[2],
		"stream":   "unixstream://" + os.Args[3],
	}[transport]
	how := map[string]statsd.Option{
		"plain":      statsd.WithoutClientSideAggregation(),
		"aggregated": statsd.WithClientSideAggregation(),
		"extended":   statsd.WithExtendedClientSideAggregation(),
	}[mode]
	options := []statsd.Option{
		how, statsd.WithTags(words(tags)), statsd.WithWriteTimeout(5 * time.Second),
		statsd.WithErrorHandler(func(err error) { log.Print(err) }),
	}
	if container != "" {
		options = append(options, statsd.WithContainerID(container))
	}
	client, err := statsd.New(address, options...)
	must(err)
	clients[id] = client
}

func metric(op string, f []string) {
	client, name, value, tags := clients[f[0]], f[1], f[2], words(f[3])
	switch {
	case op == "count" && f[4] != "":
		must(client.CountWithTimestamp(name, integer(value), tags, 1, moment(f[4])))
	case op == "gauge" && f[4] != "":
		must(client.GaugeWithTimestamp(name, float(value), tags, 1, moment(f[4])))
	case op == "count":
		must(client.Count(name, integer(value), tags, 1))
	case op == "gauge":
		must(client.Gauge(name, float(value), tags, 1))
	case op == "set":
		must(client.Set(name, value, tags, 1))
	case op == "histogram":
		must(client.Histogram(name, float(value), tags, 1))
	case op == "timing":
		must(client.TimeInMilliseconds(name, float(value), tags, 1))
	case op == "distribution":
		must(client.Distribution(name, float(value), tags, 1))
	default:
		log.Fatalf("unknown word %q", op)
	}
}

func event(f []string) {
	must(clients[f[0]].Event(&statsd.Event{
		Title: f[1], Text: f[2], Tags: words(f[3]), Timestamp: moment(f[4]),
		AlertType: statsd.EventAlertType(f[5]), Priority: statsd.EventPriority(f[6]),
		AggregationKey: f[7], SourceTypeName: f[8],
	}))
}

func check(f []string) {
	must(clients[f[0]].ServiceCheck(&statsd.ServiceCheck{
		Name: f[1], Status: statsd.ServiceCheckStatus(integer(f[2])), Tags: words(f[3]), Timestamp: moment(f[4]),
		Hostname: f[5], Message: f[6],
	}))
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		f := strings.Split(strings.ReplaceAll(lines.Text(), `\n`, "\n"), "\t")
		switch f[0] {
		case "new":
			create(f[1], f[2], f[3], f[4], f[5])
		case "event":
			event(f[1:])
		case "check":
			check(f[1:])
		case "flush":
			for _, client := range clients {
				must(client.Flush())
			}
			fmt.Println("flushed")
		case "close":
			for _, client := range clients {
				must(client.Flush())
				must(client.Close())
			}
			fmt.Println("closed")
		default:
			metric(f[0], f[1:])
		}
	}
	must(lines.Err())
}
