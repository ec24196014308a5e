package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

const many = 100

func playHost(url string) {
	game := host{connect(url + "/CREATE")}
	code, resume := game.openRoom()
	game.exchange()
	game.frames()
	game = game.reconnect(url, code, resume)
	game.finish()
}

func (h host) openRoom() (code, resume interface{}) {
	h.expect("state", fields{"name": "", "players": ids(), "max_players": uint64(0), "accept_conns": false})
	h.send(fields{"cmd": "prepare", "max_players": 2, "name": "Round", "hold": 60})
	h.expect("state", fields{"name": "Round", "players": ids(), "max_players": uint64(2), "accept_conns": true})
	reply := h.next("prepare_reply")
	say("code", reply["key"])
	h.joined(1, "ana", fields{"players": ids(1), "accept_conns": true})
	h.joined(2, "ben", fields{"players": ids(1, 2), "accept_conns": false})
	h.send(fields{"cmd": "start"})
	h.expect("state", fields{"players": ids(1, 2), "accept_conns": false})
	return reply["key"], reply["resume"]
}

func (h host) joined(player uint64, name string, state fields) {
	h.expect("player_joined", fields{"player": player})
	h.expect("state", state)
	h.hears(player, "hello "+name)
	say("joined", player)
}

// hears expects this text from this player.
func (h host) hears(player uint64, text string) {
	h.expect("from_str", fields{"from": player, "data": text})
}

// echoes expects this text from both players, in any order.
func (h host) echoes(text string) {
	first := h.expect("from_str", fields{"data": text})
	second := h.expect("from_str", fields{"data": text})
	check(first["from"] != second["from"], "twice from", first["from"])
}

func (h host) exchange() {
	h.send(fields{"cmd": "to_str", "to": []int{}, "data": "welcome"})
	h.echoes("welcome")
	h.send(fields{"cmd": "to_str", "to": []int{1, 2, 99}, "data": "déjà 🎉"})
	h.echoes("déjà 🎉")
	h.send(fields{"cmd": "to", "to": []int{1}, "data": []byte{0, 255, 127}})
	h.expect("from", fields{"from": uint64(1), "data": ids(0, 255, 127)})

	large := make([]byte, 1024*1024)
	for n := range large {
		large[n] = byte(n * 31)
	}
	h.send(fields{"cmd": "to", "to": []int{2}, "data": large})
	echo := h.expect("from", fields{"from": uint64(2)})["data"].([]interface{})
	check(len(echo) == len(large), "the large message has", len(echo), "bytes")
	for n, value := range echo {
		check(value == uint64(large[n]), "the large message differs at", n)
	}

	for n := 0; n < many; n++ {
		h.send(fields{"cmd": "to_str", "to": []int{}, "data": strconv.Itoa(n)})
	}
	heard := map[interface{}]int{}
	for n := 0; n < 2*many; n++ {
		event := h.next("from_str")
		player := event["from"]
		check(event["data"] == strconv.Itoa(heard[player]), "wrong order:", event)
		heard[player]++
	}
}

func (h host) frames() {
	h.send(fields{"cmd": "to_str", "to": []int{1}, "data": "fragments"})
	h.hears(1, strings.Repeat("one two three ", 1000))
	h.send(fields{"cmd": "to_str", "to": []int{2}, "data": "ping"})
	h.hears(2, "pong")

	ponged := ""
	h.socket.SetPongHandler(func(data string) error {
		ponged = data
		return nil
	})
	must(h.socket.WriteControl(websocket.PingMessage, []byte("host"), time.Now().Add(time.Minute)))
	// Longer than this library's buffer: the command leaves in fragments.
	pieces := strings.Repeat("in pieces ", 1000)
	h.send(fields{"cmd": "to_str", "to": []int{2}, "data": pieces})
	h.hears(2, pieces)
	check(ponged == "host", "no pong but", ponged)
}

func (h host) reconnect(url string, code, resume interface{}) host {
	h.send(fields{"cmd": "to_str", "to": []int{1}, "data": "cut"})
	h.expect("player_away", fields{"player": uint64(1)})
	h.expect("state", fields{"players": ids(1, 2), "away": ids(1)})
	h.send(fields{"cmd": "to_str", "to": []int{1}, "data": "kept"})
	say("away", 1)
	h.expect("player_back", fields{"player": uint64(1)})
	h.expect("state", fields{"players": ids(1, 2), "away": ids()})
	h.hears(1, "back")
	h.hears(1, "kept")

	cut(h.socket)
	again := host{connect(fmt.Sprintf("%s/CREATE?room=%s&resume=%s&bytes=1", url, code, resume))}
	again.expect("prepare_reply", fields{"key": code, "resumed": true})
	again.expect("state", fields{"players": ids(1, 2), "away": ids()})
	again.send(fields{"cmd": "to", "to": []int{2}, "data": []int{0, 23, 24, 255}})
	data := again.expect("from", fields{"from": uint64(2)})["data"].([]byte)
	check(bytes.Equal(data, []byte{0, 23, 24, 255}), "got", data)
	return again
}

func (h host) finish() {
	h.send(fields{"cmd": "kick", "player": 2})
	h.expect("player_left", fields{"player": uint64(2)})
	h.expect("state", fields{"players": ids(1), "accept_conns": false})
	h.send(fields{"cmd": "open"})
	h.expect("state", fields{"players": ids(1), "accept_conns": true})
	say("open")
	h.expect("player_joined", fields{"player": uint64(3)})
	h.expect("state", fields{"players": ids(1, 3)})
	h.hears(3, "hello cleo")
	h.send(fields{"cmd": "stop"})
	_, message, err := h.socket.ReadMessage()
	check(err != nil, "still said:", message)
	sayClosed(err)
}
