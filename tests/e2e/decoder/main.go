// An intake for the end-to-end tests: decodes with Datadog's own message definitions and refuses what
// the real intake refuses. It shares no code with the agent, so an encoder that is wrong fails here.
//
// Control (for the test scripts): GET /control/received, POST /control/outage?status=503 (0 ends it).
package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/DataDog/agent-payload/v5/gogen"
	"github.com/klauspost/compress/zstd"
)

// Limits of the intake. Source: DataDog/datadog-agent pkg/config/setup (serializer_max_*).
const (
	maxSeriesCompressed   = 512000
	maxSeriesUncompressed = 5242880
	maxSeriesPoints       = 10000
	maxOtherCompressed    = 2621440
	maxOtherUncompressed  = 4194304
	maxKept               = 1000000
)

var metricName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]{0,199}$`)

type refusal struct {
	status int
	reason string
}

func (r refusal) Error() string { return r.reason }

func refuse(status int, format string, args ...any) error {
	return refusal{status, fmt.Sprintf(format, args...)}
}

type resource struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

type series struct {
	Metric     string       `json:"metric"`
	Type       int32        `json:"type"`
	Interval   int64        `json:"interval"`
	Unit       string       `json:"unit"`
	SourceType string       `json:"source_type_name"`
	Tags       []string     `json:"tags"`
	Resources  []resource   `json:"resources"`
	Origin     [3]uint32    `json:"origin"` // product, category, service
	Points     [][2]float64 `json:"points"` // timestamp, value
	Received   float64      `json:"received"`
}

// serviceCheck has exactly the keys of the Agent's payload.
type serviceCheck struct {
	Check     string   `json:"check"`
	HostName  string   `json:"host_name"`
	Timestamp int64    `json:"timestamp"`
	Status    int      `json:"status"`
	Message   string   `json:"message"`
	Tags      []string `json:"tags"`
}

type payload struct {
	Path         string  `json:"path"`
	Compressed   int     `json:"compressed"`
	Uncompressed int     `json:"uncompressed"`
	Received     float64 `json:"received"`
}

type intake struct {
	key string

	mu       sync.Mutex
	outage   int
	Series   []series       `json:"series"`
	Sketches []sketch       `json:"sketches"`
	Checks   []serviceCheck `json:"service_checks"`
	Events   []event        `json:"events"`
	Payloads []payload      `json:"payloads"`
	Refused  []string       `json:"refused"`
	Requests int            `json:"requests"`
}

func decompress(encoding string, body []byte, limit int64) ([]byte, error) {
	var reader io.Reader
	switch encoding {
	case "zstd":
		decoder, err := zstd.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		defer decoder.Close()
		reader = decoder
	case "gzip":
		decoder, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		reader = decoder
	case "deflate":
		decoder, err := zlib.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		reader = decoder
	default:
		return nil, fmt.Errorf("Content-Encoding %q", encoding)
	}
	raw, err := io.ReadAll(io.LimitReader(reader, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > limit {
		return nil, refuse(http.StatusRequestEntityTooLarge, "more than %d bytes uncompressed", limit)
	}
	return raw, nil
}

// unknownFields names the first message below v that carried a field its definition does not have.
func unknownFields(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return unknownFields(v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return ""
		}
		for i := range v.Len() {
			if name := unknownFields(v.Index(i)); name != "" {
				return name
			}
		}
	case reflect.Struct:
		if extra := v.FieldByName("XXX_unrecognized"); extra.IsValid() && extra.Len() > 0 {
			return v.Type().Name()
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				if name := unknownFields(v.Field(i)); name != "" {
					return name
				}
			}
		}
	}
	return ""
}

func originOf(m *gogen.Metadata) [3]uint32 {
	o := m.GetOrigin()
	return [3]uint32{o.GetOriginProduct(), o.GetOriginCategory(), o.GetOriginService()}
}

func (in *intake) acceptSeries(raw []byte, now float64) error {
	var message gogen.MetricPayload
	if err := message.Unmarshal(raw); err != nil {
		return refuse(http.StatusBadRequest, "not a MetricPayload: %v", err)
	}
	if name := unknownFields(reflect.ValueOf(&message)); name != "" {
		return refuse(http.StatusBadRequest, "unknown field in %s", name)
	}
	if len(message.Series) == 0 {
		return refuse(http.StatusBadRequest, "an empty payload")
	}
	points := 0
	accepted := make([]series, 0, len(message.Series))
	for _, s := range message.Series {
		if !metricName.MatchString(s.Metric) {
			return refuse(http.StatusBadRequest, "metric name %q", s.Metric)
		}
		if s.Type < 1 || s.Type > 3 {
			return refuse(http.StatusBadRequest, "%s: type %d", s.Metric, s.Type)
		}
		if len(s.Points) == 0 {
			return refuse(http.StatusBadRequest, "%s: no points", s.Metric)
		}
		one := series{
			Metric: s.Metric, Type: int32(s.Type), Interval: s.Interval, Unit: s.Unit, SourceType: s.SourceTypeName,
			Tags: s.Tags, Origin: originOf(s.Metadata), Received: now,
		}
		for _, r := range s.Resources {
			one.Resources = append(one.Resources, resource{r.Type, r.Name})
		}
		for _, p := range s.Points {
			if float64(p.Timestamp) < now-3600 || float64(p.Timestamp) > now+600 {
				return refuse(http.StatusBadRequest, "%s: timestamp %d at %.0f", s.Metric, p.Timestamp, now)
			}
			one.Points = append(one.Points, [2]float64{float64(p.Timestamp), p.Value})
		}
		points += len(s.Points)
		accepted = append(accepted, one)
	}
	if points > maxSeriesPoints {
		return refuse(http.StatusRequestEntityTooLarge, "%d points", points)
	}
	if len(in.Series)+len(accepted) > maxKept {
		return refuse(http.StatusServiceUnavailable, "this test intake keeps %d series", maxKept)
	}
	in.Series = append(in.Series, accepted...)
	return nil
}

func (in *intake) acceptChecks(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var checks []serviceCheck
	if err := decoder.Decode(&checks); err != nil {
		return refuse(http.StatusBadRequest, "not a list of service checks: %v", err)
	}
	for _, c := range checks {
		if c.Check == "" || c.Status < 0 || c.Status > 3 || c.Timestamp == 0 {
			return refuse(http.StatusBadRequest, "service check %+v", c)
		}
	}
	in.Checks = append(in.Checks, checks...)
	return nil
}

func (in *intake) accept(r *http.Request) error {
	in.Requests++
	if in.outage != 0 {
		return refusal{in.outage, "outage"}
	}
	if r.Header.Get("DD-Api-Key") != in.key {
		return refuse(http.StatusForbidden, "%s: wrong API key", r.URL.Path)
	}
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "%s %s", r.Method, r.URL.Path)
	}
	kind, compressed, uncompressed := "application/json", maxOtherCompressed, maxOtherUncompressed
	switch r.URL.Path {
	case "/api/v2/series":
		kind, compressed, uncompressed = "application/x-protobuf", maxSeriesCompressed, maxSeriesUncompressed
	case "/api/beta/sketches":
		kind = "application/x-protobuf"
	}
	if r.Header.Get("Content-Type") != kind {
		return refuse(http.StatusBadRequest, "%s: Content-Type %q", r.URL.Path, r.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(compressed)+1))
	if err != nil {
		return refuse(http.StatusBadRequest, "%s: %v", r.URL.Path, err)
	}
	if len(body) > compressed {
		return refuse(http.StatusRequestEntityTooLarge, "%s: more than %d bytes", r.URL.Path, compressed)
	}
	raw, err := decompress(r.Header.Get("Content-Encoding"), body, int64(uncompressed))
	if err != nil {
		var known refusal
		if errors.As(err, &known) {
			return known
		}
		return refuse(http.StatusBadRequest, "%s: %v", r.URL.Path, err)
	}
	now := float64(time.Now().UnixMilli()) / 1000
	switch r.URL.Path {
	case "/api/v2/series":
		err = in.acceptSeries(raw, now)
	case "/api/beta/sketches":
		err = in.acceptSketches(raw, now)
	case "/api/v1/check_run":
		err = in.acceptChecks(raw)
	case "/intake/":
		err = in.acceptEvents(raw, now)
	default:
		err = refuse(http.StatusNotFound, "no route %s", r.URL.Path)
	}
	if err == nil {
		in.Payloads = append(in.Payloads, payload{r.URL.Path, len(body), len(raw), now})
	}
	return err
}

func (in *intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in.mu.Lock()
	defer in.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/control/received":
		_ = json.NewEncoder(w).Encode(in)
		return
	case "/control/outage":
		in.outage, _ = strconv.Atoi(r.URL.Query().Get("status"))
		return
	case "/api/v1/validate":
		switch {
		case in.outage != 0:
			w.WriteHeader(in.outage)
		case r.Header.Get("DD-Api-Key") != in.key || r.URL.RawQuery != "":
			w.WriteHeader(http.StatusForbidden)
		default:
			fmt.Fprint(w, `{"valid":true}`)
		}
		return
	}
	if err := in.accept(r); err != nil {
		known := refusal{http.StatusInternalServerError, err.Error()}
		errors.As(err, &known)
		if known.reason != "outage" && len(in.Refused) < 1000 {
			in.Refused = append(in.Refused, fmt.Sprintf("%d %s", known.status, known.reason))
		}
		w.WriteHeader(known.status)
		_ = json.NewEncoder(w).Encode(map[string][]string{"errors": {known.reason}})
		return
	}
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprint(w, `{"errors":[]}`)
}

func main() {
	address := flag.String("address", "127.0.0.1:0", "where to listen")
	portFile := flag.String("port-file", "", "file that gets the port number")
	key := flag.String("key", "0123456789abcdef0123456789abcdef", "the API key that is valid")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	if *portFile != "" {
		port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
		if err := os.WriteFile(*portFile+".new", []byte(port), 0o644); err != nil {
			log.Fatal(err)
		}
		if err := os.Rename(*portFile+".new", *portFile); err != nil {
			log.Fatal(err)
		}
	}
	server := &http.Server{Handler: &intake{key: *key}, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second}
	log.Fatal(server.Serve(listener))
}
