package paging

// Turned answers the sort by a column, the other way round when the list is sorted so already.
func Turned[S ~string](now, by S) S {
	if now == by {
		return "-" + by
	}
	return by
}

// Order answers how a list is sorted by a column, as a table's head says it; empty when it is not.
func Order[S ~string](now, by S) string {
	switch now {
	case by:
		return "ascending"
	case "-" + by:
		return "descending"
	}
	return ""
}
