package main

import (
	"bytes"
	"math"
	"math/big"
	"time"

	"github.com/fxamacker/cbor"
	"github.com/gorilla/websocket"
)

// text and binary are commands as structs, as a game in Go would have them.
type text struct {
	Cmd   string        `cbor:"cmd"`
	To    []interface{} `cbor:"to"`
	Data  string        `cbor:"data"`
	Extra interface{}   `cbor:"extra,omitempty"`
}

type binary struct {
	Cmd  string      `cbor:"cmd"`
	To   []uint32    `cbor:"to"`
	Data interface{} `cbor:"data"`
}

func textCommand(content string, extra interface{}) text {
	return text{"to_str", []interface{}{1}, content, extra}
}

// sender sends commands and says beforehand what the player is to get.
type sender struct {
	socket *websocket.Conn
}

func (s sender) send(kind, content string, command []byte) {
	say(kind, content)
	must(s.socket.WriteMessage(websocket.BinaryMessage, command))
}

func marshal(value interface{}, options cbor.EncOptions) []byte {
	mode, err := options.EncMode()
	must(err)
	encoded, err := mode.Marshal(value)
	must(err)
	return encoded
}

func sendEncodings(url string) {
	game := host{connect(url + "/CREATE")}
	game.next("state")
	game.send(fields{"cmd": "prepare", "max_players": 1})
	game.next("state")
	say("code", game.next("prepare_reply")["key"])
	game.next("player_joined")
	game.next("state")
	s := sender{game.socket}
	s.sendTexts()
	s.sendValues()
	s.sendBytes()
	s.sendIndefinite()
	game.send(fields{"cmd": "stop"})
	_, message, err := game.socket.ReadMessage()
	check(err != nil, "answered by:", string(message))
	sayClosed(err)
}

func (s sender) sendTexts() {
	for name, options := range map[string]cbor.EncOptions{
		"default":            {},
		"canonical":          cbor.CanonicalEncOptions(),
		"CTAP2":              cbor.CTAP2EncOptions(),
		"core deterministic": cbor.CoreDetEncOptions(),
		"preferred unsorted": cbor.PreferredUnsortedEncOptions(),
	} {
		s.send("text", name, marshal(textCommand(name, nil), options))
	}
	for name, id := range map[string]interface{}{
		"float64 id": float64(1), "float32 id": float32(1), "int64 id": int64(1), "uint8 id": uint8(1),
	} {
		command := text{"to_str", []interface{}{nil, id}, name, nil}
		s.send("text", name, marshal(command, cbor.EncOptions{}))
	}
	half := text{"to_str", []interface{}{float64(1)}, "float16 id", nil}
	s.send("text", "float16 id", marshal(half, cbor.EncOptions{ShortestFloat: cbor.ShortestFloat16}))
	described := cbor.Tag{Number: 55799, Content: textCommand("self-described", nil)}
	s.send("text", "self-described", marshal(described, cbor.EncOptions{}))
}

func (s sender) sendValues() {
	now := time.Unix(1700000000, 5).UTC()
	power := new(big.Int).Exp(big.NewInt(2), big.NewInt(70), nil)
	for name, extra := range map[string]interface{}{
		"time": now, "bignum": power, "infinity": math.Inf(1), "maximum": uint64(math.MaxUint64),
		"minimum": int64(math.MinInt64), "integer keys": map[int]string{1: "a"},
		"tag": cbor.Tag{Number: 1234, Content: []int{1}}, "bytes in an unknown key": []byte{1},
	} {
		options := cbor.EncOptions{Time: cbor.TimeRFC3339Nano, TimeTag: cbor.EncTagRequired}
		s.send("text", name, marshal(textCommand(name, extra), options))
	}
}

func (s sender) sendBytes() {
	everybody := []uint32{}
	for name, data := range map[string]interface{}{
		"slice":       []byte("slice"),
		"array":       [5]byte{'a', 'r', 'r', 'a', 'y'},
		"integers":    []int{'i', 'n', 't', 'e', 'g', 'e', 'r', 's'},
		"typed array": cbor.Tag{Number: 64, Content: []byte("typed array")},
	} {
		s.send("bytes", name, marshal(binary{"to", everybody, data}, cbor.EncOptions{}))
	}
}

// sendIndefinite writes a command whose every length is indefinite.
func (s sender) sendIndefinite() {
	var buffer bytes.Buffer
	encoder := cbor.NewEncoder(&buffer)
	must(encoder.StartIndefiniteMap())
	for _, field := range []string{"cmd", "to_str", "to"} {
		must(encoder.Encode(field))
	}
	must(encoder.StartIndefiniteArray())
	must(encoder.Encode(1))
	must(encoder.EndIndefinite())
	must(encoder.Encode("data"))
	must(encoder.StartIndefiniteTextString())
	must(encoder.Encode("indefinite "))
	must(encoder.Encode("lengths"))
	must(encoder.EndIndefinite())
	must(encoder.EndIndefinite())
	s.send("text", "indefinite lengths", buffer.Bytes())
}
