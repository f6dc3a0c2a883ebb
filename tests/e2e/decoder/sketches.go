package main

import (
	"net/http"
	"reflect"

	"github.com/DataDog/agent-payload/v5/gogen"
)

type sketch struct {
	Metric   string        `json:"metric"`
	Host     string        `json:"host"`
	Tags     []string      `json:"tags"`
	Origin   [3]uint32     `json:"origin"` // product, category, service
	Points   []sketchPoint `json:"points"`
	Received float64       `json:"received"`
}

type sketchPoint struct {
	Timestamp int64    `json:"timestamp"`
	Count     int64    `json:"count"`
	Min       float64  `json:"min"`
	Max       float64  `json:"max"`
	Average   float64  `json:"avg"`
	Sum       float64  `json:"sum"`
	Keys      []int32  `json:"k"`
	Counts    []uint32 `json:"n"`
}

func (in *intake) acceptSketches(raw []byte, now float64) error {
	var message gogen.SketchPayload
	if err := message.Unmarshal(raw); err != nil {
		return refuse(http.StatusBadRequest, "not a SketchPayload: %v", err)
	}
	if name := unknownFields(reflect.ValueOf(&message)); name != "" {
		return refuse(http.StatusBadRequest, "unknown field in %s", name)
	}
	if len(message.Sketches) == 0 {
		return refuse(http.StatusBadRequest, "an empty payload")
	}
	accepted := make([]sketch, 0, len(message.Sketches))
	for _, s := range message.Sketches {
		if !metricName.MatchString(s.Metric) {
			return refuse(http.StatusBadRequest, "metric name %q", s.Metric)
		}
		if len(s.Dogsketches) == 0 || len(s.Distributions) != 0 {
			return refuse(http.StatusBadRequest, "%s: %d sketches, %d legacy distributions", s.Metric,
				len(s.Dogsketches), len(s.Distributions))
		}
		one := sketch{Metric: s.Metric, Host: s.Host, Tags: s.Tags, Origin: originOf(s.Metadata), Received: now}
		for _, d := range s.Dogsketches {
			if float64(d.Ts) < now-3600 || float64(d.Ts) > now+600 {
				return refuse(http.StatusBadRequest, "%s: timestamp %d at %.0f", s.Metric, d.Ts, now)
			}
			if d.Cnt <= 0 || len(d.K) == 0 || len(d.K) != len(d.N) || d.Min > d.Max {
				return refuse(http.StatusBadRequest, "%s: count %d, %d keys, %d counts, %g to %g", s.Metric, d.Cnt,
					len(d.K), len(d.N), d.Min, d.Max)
			}
			for i := range d.K {
				if d.N[i] == 0 || i > 0 && d.K[i] < d.K[i-1] {
					return refuse(http.StatusBadRequest, "%s: bin %d of %v, %v", s.Metric, i, d.K, d.N)
				}
			}
			one.Points = append(one.Points, sketchPoint{d.Ts, d.Cnt, d.Min, d.Max, d.Avg, d.Sum, d.K, d.N})
		}
		accepted = append(accepted, one)
	}
	if len(in.Sketches)+len(accepted) > maxKept {
		return refuse(http.StatusServiceUnavailable, "this test intake keeps %d sketches", maxKept)
	}
	in.Sketches = append(in.Sketches, accepted...)
	return nil
}
