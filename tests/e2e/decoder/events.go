package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
)

// agentEvent has exactly the keys of the Agent's payload.
type agentEvent struct {
	Title          string   `json:"msg_title"`
	Text           string   `json:"msg_text"`
	Timestamp      int64    `json:"timestamp"`
	Priority       string   `json:"priority"`
	Host           *string  `json:"host"`
	Tags           []string `json:"tags"`
	AlertType      string   `json:"alert_type"`
	AggregationKey string   `json:"aggregation_key"`
	SourceType     string   `json:"source_type_name"`
	EventType      string   `json:"event_type"`
}

type event struct {
	agentEvent
	Group    string  `json:"group"` // key of the envelope
	Received float64 `json:"received"`
}

func strict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("more after the end")
	}
	return nil
}

// keysOf lists the keys of an object in order, also those that come twice.
func keysOf(raw json.RawMessage) ([]string, error) {
	var keys []string
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		keys = append(keys, name)
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func (in *intake) acceptEvents(raw []byte, now float64) error {
	var envelope struct {
		Key      *string         `json:"apiKey"`
		Events   json.RawMessage `json:"events"`
		Hostname *string         `json:"internalHostname"`
	}
	if err := strict(raw, &envelope); err != nil {
		return refuse(http.StatusBadRequest, "not events: %v", err)
	}
	if envelope.Key == nil || *envelope.Key != "" || envelope.Hostname == nil {
		return refuse(http.StatusBadRequest, "events: apiKey must be empty, internalHostname present")
	}
	groups := map[string][]agentEvent{}
	if err := strict(envelope.Events, &groups); err != nil {
		return refuse(http.StatusBadRequest, "events: %v", err)
	}
	keys, err := keysOf(envelope.Events)
	if err != nil || len(keys) != len(groups) || len(keys) == 0 {
		return refuse(http.StatusBadRequest, "events: groups %q", keys)
	}
	var accepted []event
	for _, group := range keys {
		if len(groups[group]) == 0 {
			return refuse(http.StatusBadRequest, "events: group %q is empty", group)
		}
		for _, e := range groups[group] {
			if e.Title == "" || e.Timestamp == 0 || e.Host == nil ||
				!slices.Contains([]string{"normal", "low"}, e.Priority) ||
				!slices.Contains([]string{"info", "warning", "error", "success"}, e.AlertType) {
				return refuse(http.StatusBadRequest, "event %+v", e)
			}
			if group != e.SourceType && (group != "api" || e.SourceType != "") {
				return refuse(http.StatusBadRequest, "event of source type %q in group %q", e.SourceType, group)
			}
			accepted = append(accepted, event{e, group, now})
		}
	}
	if len(in.Events)+len(accepted) > maxKept {
		return refuse(http.StatusServiceUnavailable, "this test intake keeps %d events", maxKept)
	}
	in.Events = append(in.Events, accepted...)
	return nil
}
