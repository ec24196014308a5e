# A lobby: one player hosts it by a name, others join by that name. Every guest gets a peer id from
# the host, and sends an offer; the host answers.
#
# Without a window: godot3-server --path . --relay=ws://localhost:8081/bellhop --host=cozy-cave
#                   godot3-server --path . --relay=ws://localhost:8081/bellhop --join=cozy-cave
extends Control

const BellhopClient = preload("res://bellhop_client.gd")

# Peer 1 is the host, as everywhere in Godot.
var _next_peer_id := 2
# WebRTC connections by the id of the connection that signals for them.
var _connections := {}

onready var _client: BellhopClient = $Client
onready var _url: LineEdit = $Rows/Url
onready var _lobby: LineEdit = $Rows/Lobby
onready var _log: Label = $Rows/Log


func _ready() -> void:
	_client.connect("closed", self, "_say", ["the relay is not there"])
	_client.connect("failed", self, "_say", ["the relay could not do that"])
	_client.connect("lobby_started", self, "_on_lobby_started")
	_client.connect("lobby_creation_failed", self, "_say")
	_client.connect("join_requested", self, "_on_join_requested")
	_client.connect("join_accepted", self, "_on_join_accepted")
	_client.connect("join_rejected", self, "_say")
	_client.connect("description_received", self, "_on_description_received")
	_client.connect("candidate_received", self, "_on_candidate_received")
	$Rows/Buttons/Host.connect("pressed", self, "_host")
	$Rows/Buttons/Join.connect("pressed", self, "_join")
	for argument in OS.get_cmdline_args():
		_on_argument(argument)


func _on_argument(argument: String) -> void:
	if argument.begins_with("--relay="):
		_url.text = argument.trim_prefix("--relay=")
	elif argument.begins_with("--host="):
		_lobby.text = argument.trim_prefix("--host=")
		_host()
	elif argument.begins_with("--join="):
		_lobby.text = argument.trim_prefix("--join=")
		_join()


func _host() -> void:
	_client.connect("opened", _client, "start_lobby", [_lobby.text], CONNECT_ONESHOT)
	_client.open(_url.text)


func _join() -> void:
	_client.connect("opened", _client, "join_lobby", [_lobby.text], CONNECT_ONESHOT)
	_client.open(_url.text)


func _on_lobby_started(lobby_id: String) -> void:
	_say("lobby %s" % lobby_id)


func _on_join_requested(connection_id: String) -> void:
	_say("peer %d joins" % _next_peer_id)
	_open_connection(connection_id)
	_client.accept(connection_id, _next_peer_id)
	_next_peer_id += 1


func _on_join_accepted(host_connection_id: String, peer_id: int) -> void:
	_say("this is peer %d" % peer_id)
	var connection := _open_connection(host_connection_id)
	if connection == null:
		_client.send_description(host_connection_id, "offer", "no WebRTC extension")
	else:
		connection.create_offer()


# The connection to another player; null without the extension.
func _open_connection(connection_id: String) -> WebRTCPeerConnection:
	var connection := WebRTCPeerConnection.new()
	if connection == null or connection.initialize() != OK:
		return null
	connection.connect("session_description_created", self, "_on_described", [connection_id])
	connection.connect("ice_candidate_created", self, "_on_candidate", [connection_id])
	_connections[connection_id] = connection
	return connection


func _on_described(type: String, sdp: String, connection_id: String) -> void:
	_connections[connection_id].set_local_description(type, sdp)
	_client.send_description(connection_id, type, sdp)


func _on_candidate(media: String, index: int, name: String, connection_id: String) -> void:
	_client.send_candidate(connection_id, media, index, name)


func _on_description_received(connection_id: String, type: String, sdp: String) -> void:
	_say("%s: %s" % [type, sdp])
	if _connections.has(connection_id):
		_connections[connection_id].set_remote_description(type, sdp)
	elif type == "offer":
		_client.send_description(connection_id, "answer", "no WebRTC extension here either")


func _on_candidate_received(connection_id: String, media: String, index: int, name: String) -> void:
	if _connections.has(connection_id):
		_connections[connection_id].add_ice_candidate(media, index, name)


func _process(_delta: float) -> void:
	for connection in _connections.values():
		connection.poll()


func _say(what: String) -> void:
	print(what)
	_log.text += what + "\n"
