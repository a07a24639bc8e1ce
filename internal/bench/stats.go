package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// median answers the middle of the values, the mean of the middle two for an even number; NaN for none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(values))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// quantile answers the smallest value that at least the share q of all does not exceed (nearest rank); NaN for none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(q * float64(len(s))))
	return s[min(max(rank, 1), len(s))-1]
}

// against answers the median of what a was of b, round by round: neighbours in time share whatever else the machine did.
func against(a, b []float64) float64 {
	var of []float64
	for i := range min(len(a), len(b)) {
		of = append(of, a[i]/b[i])
	}
	return median(of)
}

func ratio(v float64) string { return fmt.Sprintf("%.2f", v) }

// whole writes a figure per second without pretending to more digits than it has.
func whole(v float64) string {
	if v < 100 {
		return fmt.Sprintf("%.1f", v)
	}
	return strconv.Itoa(int(math.Round(v)))
}

// aim is what a ratio is held against.
type aim struct {
	limit float64
	most  bool // the ratio may be at most limit; otherwise it is to be at least that
}

func (a aim) met(v float64) bool {
	if a.most {
		return v <= a.limit
	}
	return v >= a.limit
}

func (a aim) String() string {
	if a.most {
		return "<= " + ratio(a.limit)
	}
	return ">= " + ratio(a.limit)
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}
