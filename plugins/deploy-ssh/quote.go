package main

import "strings"

// quoted makes one word of a POSIX shell of a path. It is for the fixed commands of this plugin alone: what a person gives as a
// command is never put together with anything. Paths were checked to hold no control characters (checkPaths).
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// quotable says whether a word may be quoted at all: line breaks and NUL are refused wherever they come from.
func quotable(word string) bool { return word != "" && !strings.ContainsAny(word, "\r\n\x00") }
