// The host and the player of the round in ../round.test.ts, and the encodings of
// ../encodings.test.ts that fxamacker/cbor has.
//
//	host URL | player URL CODE SEAT_KEY NAME | encodings URL
package main

import (
	"fmt"
	"os"
)

func main() {
	switch arguments := os.Args[2:]; os.Args[1] {
	case "host":
		playHost(arguments[0])
	case "player":
		playPlayer(arguments[0], arguments[1], arguments[2], arguments[3])
	case "encodings":
		sendEncodings(arguments[0])
	}
}

func say(words ...interface{}) {
	fmt.Println(words...)
}

// check ends the program with this message unless the condition holds.
func check(condition bool, what ...interface{}) {
	if !condition {
		fmt.Fprintln(os.Stderr, what...)
		os.Exit(1)
	}
}

func must(err error) {
	check(err == nil, err)
}
