// The Agent's own sketch, driven line by line. Doubles go in and out as their bits, in hexadecimal.
//
//	i VALUE RATE TIMES    insert VALUE so often
//	b LOWER UPPER COUNT   insert a bucket
//	u N                   use sketch N from here on (0 at the start)
//	m N                   merge sketch N into the one in use
//	p                     print the one in use: count min max sum avg key:count …; then forget all
//	k VALUE               print the key of VALUE and what that key stands for
//
// A bucket that is refused prints a line "refused".
package main

import (
	"bufio"
	"fmt"
	"log"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/DataDog/datadog-agent/pkg/util/quantile"
)

func double(field string) float64 {
	bits, err := strconv.ParseUint(field, 16, 64)
	if err != nil {
		log.Fatal(err)
	}
	return math.Float64frombits(bits)
}

func whole(field string) uint {
	n, err := strconv.ParseUint(field, 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	return uint(n)
}

func printSketch(out *bufio.Writer, sketch *quantile.Sketch) {
	if sketch == nil {
		fmt.Fprintln(out, "empty")
		return
	}
	basic := sketch.Basic
	fmt.Fprintf(out, "%d %x %x %x %x", basic.Cnt, math.Float64bits(basic.Min), math.Float64bits(basic.Max),
		math.Float64bits(basic.Sum), math.Float64bits(basic.Avg))
	keys, counts := sketch.Cols()
	for i := range keys {
		fmt.Fprintf(out, " %d:%d", keys[i], counts[i])
	}
	fmt.Fprintln(out)
}

func printKey(out *bufio.Writer, value float64) {
	var one, bucket quantile.Agent
	one.Insert(value, 1)
	keys, _ := one.Finish().Cols()
	// Of a bucket as wide as one bin, the summary holds what the bin stands for.
	if err := bucket.InsertInterpolate(value, value, 1); err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(out, "%d %x\n", keys[0], math.Float64bits(bucket.Finish().Basic.Min))
}

func main() {
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	lines := bufio.NewScanner(bufio.NewReaderSize(os.Stdin, 1<<20))
	config := quantile.Default()
	sketches := map[uint]*quantile.Agent{0: {}}
	used := sketches[0]
	use := func(n uint) *quantile.Agent {
		if sketches[n] == nil {
			sketches[n] = &quantile.Agent{}
		}
		return sketches[n]
	}
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		switch fields[0] {
		case "i":
			value, rate := double(fields[1]), double(fields[2])
			for range whole(fields[3]) {
				used.Insert(value, rate)
			}
		case "b":
			if used.InsertInterpolate(double(fields[1]), double(fields[2]), whole(fields[3])) != nil {
				fmt.Fprintln(out, "refused")
			}
		case "u":
			used = use(whole(fields[1]))
		case "m":
			used.Finish() // sorts in what waits
			if other := use(whole(fields[1])).Finish(); other != nil {
				used.Sketch.Merge(config, other)
			}
		case "p":
			printSketch(out, used.Finish())
			sketches = map[uint]*quantile.Agent{0: {}}
			used = sketches[0]
		case "k":
			printKey(out, double(fields[1]))
		default:
			log.Fatalf("no such operation: %q", fields[0])
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}
