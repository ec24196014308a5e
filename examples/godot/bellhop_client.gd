# A client of Bellhop's protocol for Godot 3: lobbies by name, and signalling for WebRTC.
# See docs/dialects.md of lobby-relay for every action and event.
extends Node

signal opened()
# The connection has ended, or could not be made.
signal closed()
# The last action has failed.
signal failed()
signal lobby_started(lobby_id)
signal lobby_creation_failed(reason)
signal join_requested(connection_id)
signal join_accepted(host_connection_id, peer_id)
signal join_rejected(reason)
signal description_received(connection_id, type, sdp)
signal candidate_received(connection_id, media, index, name)

var _socket := WebSocketClient.new()


func _ready() -> void:
	_socket.connect("connection_established", self, "_on_established")
	_socket.connect("connection_closed", self, "_on_closed")
	_socket.connect("connection_error", self, "_on_error")
	_socket.connect("data_received", self, "_on_data")
	set_process(false)


func _process(_delta: float) -> void:
	_socket.poll()


# url: the relay's, such as wss://relay.example.com/bellhop
func open(url: String) -> void:
	if _socket.connect_to_url(url) != OK:
		emit_signal("closed")
		return
	set_process(true)


# For an empty name, the relay generates one.
func start_lobby(lobby_id: String) -> void:
	_send("start_lobby", {"lobby_id": lobby_id})


# Leaves the lobby, as host or guest.
func close_lobby() -> void:
	_send("close_lobby", {})


func join_lobby(lobby_id: String) -> void:
	_send("join_lobby", {"lobby_id": lobby_id})


func accept(connection_id: String, peer_id: int) -> void:
	_send("accept_join_request", {"player_connection_id": connection_id, "player_peer_id": peer_id})


func reject(connection_id: String, reason: String) -> void:
	_send("reject_join_request", {"player_connection_id": connection_id, "reason": reason})


# type: offer or answer
func send_description(connection_id: String, type: String, sdp: String) -> void:
	_send("send_session_description", {
		"connection_id": connection_id, "session_type": type, "sdp": sdp
	})


func send_candidate(connection_id: String, media: String, index: int, name: String) -> void:
	_send("send_ice_candidate", {
		"connection_id": connection_id, "media": media, "index": index, "name": name
	})


func _send(action: String, content: Dictionary) -> void:
	var message := JSON.print({"action": action, "content": content})
	_socket.get_peer(1).put_packet(message.to_utf8())


func _on_established(_protocol: String) -> void:
	# The relay expects text frames; Godot sends binary ones by default.
	_socket.get_peer(1).set_write_mode(WebSocketPeer.WRITE_MODE_TEXT)
	emit_signal("opened")


func _on_closed(_was_clean: bool) -> void:
	_on_error()


func _on_error() -> void:
	set_process(false)
	emit_signal("closed")


func _on_data() -> void:
	var parsed := JSON.parse(_socket.get_peer(1).get_packet().get_string_from_utf8())
	if parsed.error != OK or typeof(parsed.result) != TYPE_DICTIONARY:
		return
	var message: Dictionary = parsed.result
	if message.has("message"):
		emit_signal("failed")
	elif message.has("event"):
		_on_event(message["event"], message["content"])


func _on_event(event: String, content: Dictionary) -> void:
	match event:
		"lobby_started":
			emit_signal("lobby_started", content["lobby_id"])
		"lobby_creation_failed":
			emit_signal("lobby_creation_failed", content["reason"])
		"received_join_request":
			emit_signal("join_requested", content["connection_id"])
		"join_request_accepted":
			emit_signal("join_accepted", content["host_connection_id"], int(content["peer_id"]))
		"join_request_rejected":
			emit_signal("join_rejected", content["reason"])
		"received_session_description":
			emit_signal(
				"description_received",
				content["connection_id"],
				content["session_type"],
				content["sdp"]
			)
		"received_ice_candidate":
			emit_signal(
				"candidate_received",
				content["connection_id"],
				content["media"],
				int(content["index"]),
				content["name"]
			)
