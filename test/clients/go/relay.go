package main

import (
	"reflect"

	"github.com/fxamacker/cbor"
	"github.com/gorilla/websocket"
)

// fields of a command or an event.
type fields map[string]interface{}

// connect uses this library's defaults: messages above 4 KiB leave in fragments.
func connect(address string) *websocket.Conn {
	socket, _, err := websocket.DefaultDialer.Dial(address, nil)
	must(err)
	return socket
}

// cut breaks the line without a close frame, as a lost network does.
func cut(socket *websocket.Conn) {
	must(socket.UnderlyingConn().Close())
}

// sayClosed prints how the relay has closed the connection.
func sayClosed(err error) {
	closed, ok := err.(*websocket.CloseError)
	check(ok, "not closed but", err)
	say("closed", closed.Code, closed.Text)
}

// decoder takes arrays above this library's default of 131,072 elements: without bytes=1, a message
// of that many bytes is such an array.
var decoder = func() cbor.DecMode {
	mode, err := cbor.DecOptions{MaxArrayElements: 16 * 1024 * 1024}.DecMode()
	must(err)
	return mode
}()

// host is a game: it sends commands and reads events in the order in which they come.
type host struct {
	socket *websocket.Conn
}

func (h host) send(command fields) {
	bytes, err := cbor.Marshal(command)
	must(err)
	must(h.socket.WriteMessage(websocket.BinaryMessage, bytes))
}

// next reads the next event, which has to be this one.
func (h host) next(cmd string) fields {
	_, bytes, err := h.socket.ReadMessage()
	must(err)
	var event fields
	must(decoder.Unmarshal(bytes, &event))
	check(event["cmd"] == cmd, "expected", cmd, "got", event)
	return event
}

// expect reads the next event, which has to be this one and to have these fields.
func (h host) expect(cmd string, expected fields) fields {
	event := h.next(cmd)
	for key, value := range expected {
		check(reflect.DeepEqual(event[key], value), "expected", key, value, "got", event)
	}
	return event
}

// ids as this decoder reads them into an interface.
func ids(list ...uint64) []interface{} {
	result := make([]interface{}, len(list))
	for at, id := range list {
		result[at] = id
	}
	return result
}
