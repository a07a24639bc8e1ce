package problem

import "testing"

func TestAdviceNamesTheBoundsOfTheSchemaAndNothingElse(t *testing.T) {
	for message, want := range map[string]string{
		"expected number >= 1":                              "The smallest number that is taken is 1.",
		"expected number <= 200":                            "The greatest number that is taken is 200.",
		"expected number":                                   "Give a number.",
		"expected length <= 64":                             "Characters that are taken at most: 64.",
		"expected array length >= 1":                        "Give at least this many items: 1.",
		`expected value to be one of "move, delete"`:        "Use one of these: move, delete.",
		`expected value to be one of "-----BEGIN KEY-----"`: "This is not usable.",
		"something that huma says one day: SECRET":          "This is not usable.",
	} {
		if got := adviceFor(message); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}
