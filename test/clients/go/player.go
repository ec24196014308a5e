package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

func playPlayer(url, code, seat, name string) {
	address := fmt.Sprintf("%s/%s?seat=%s", url, code, seat)
	socket := connect(address)
	write := func(kind int, message string) {
		must(socket.WriteMessage(kind, []byte(message)))
	}
	write(websocket.TextMessage, "hello "+name)
	for {
		kind, message, err := socket.ReadMessage()
		if err != nil {
			sayClosed(err)
			return
		}
		switch string(message) {
		case "fragments":
			// Longer than this library's buffer: it leaves in fragments.
			write(websocket.TextMessage, strings.Repeat("one two three ", 1000))
		case "ping":
			socket.SetPongHandler(func(string) error {
				write(websocket.TextMessage, "pong")
				return nil
			})
			must(socket.WriteControl(websocket.PingMessage, []byte("?"), time.Now().Add(time.Minute)))
		case "cut":
			cut(socket)
			_, err := bufio.NewReader(os.Stdin).ReadString('\n')
			must(err)
			socket = connect(address)
			write(websocket.TextMessage, "back")
		default:
			write(kind, string(message))
		}
	}
}
