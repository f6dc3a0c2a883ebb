module github.com/remora/tests/sketches

go 1.26.0

require github.com/DataDog/datadog-agent/pkg/util/quantile v0.85.2

require (
	github.com/DataDog/sketches-go v1.4.8 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)
