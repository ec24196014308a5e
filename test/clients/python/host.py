"""The host of the round in ../round.test.ts. Usage: host.py URL"""

import asyncio
import sys

import cbor2
import websockets

from relay import Host, check, connect, cut, say

LARGE = bytes(n * 31 % 256 for n in range(1024 * 1024))
MANY = 100


async def echoes(host, text):
    """Both players say this, in any order."""
    heard = set()
    while len(heard) < 2:
        heard.add((await host.event("from_str", data=text))["from"])


async def open_room(host):
    await host.event("state", name="", players=[], max_players=0, accept_conns=False)
    await host.send(cmd="prepare", max_players=2, name="Round", hold=60)
    await host.event("state", name="Round", players=[], max_players=2, accept_conns=True)
    reply = await host.event("prepare_reply")
    say("code", reply["key"])
    for player, name, full in [(1, "ana", False), (2, "ben", True)]:
        await host.event("player_joined", player=player)
        await host.event("state", players=list(range(1, player + 1)), accept_conns=not full)
        await host.event("from_str", **{"from": player}, data=f"hello {name}")
        say("joined", player)
    await host.send(cmd="start")
    await host.event("state", players=[1, 2], accept_conns=False)
    return reply


async def exchange(host):
    await host.send(cmd="to_str", to=[], data="welcome")
    await echoes(host, "welcome")
    await host.send(cmd="to_str", to=[1, 2, 99], data="déjà 🎉")
    await echoes(host, "déjà 🎉")
    await host.send(cmd="to", to=[1], data=bytes([0, 255, 127]))
    await host.event("from", **{"from": 1}, data=[0, 255, 127])
    await host.send(cmd="to", to=[2], data=LARGE)
    large = await host.event("from", **{"from": 2})
    check(bytes(large["data"]) == LARGE, "the large message differs")

    for n in range(MANY):
        await host.send(cmd="to_str", to=[], data=str(n))
    heard = {1: [], 2: []}
    for _ in range(2 * MANY):
        event = await host.event("from_str")
        heard[event["from"]].append(event["data"])
    for player in heard:
        check(heard[player] == [str(n) for n in range(MANY)], "wrong order from", player)


async def frames(host):
    await host.send(cmd="to_str", to=[1], data="fragments")
    await host.event("from_str", **{"from": 1}, data="one two three " * 1000)
    await host.send(cmd="to_str", to=[2], data="ping")
    await host.event("from_str", **{"from": 2}, data="pong")
    await (await host.socket.ping())
    pieces = "in pieces " * 1000
    command = cbor2.dumps({"cmd": "to_str", "to": [2], "data": pieces})
    await host.socket.send([command[:1], command[1:10], command[10:]])
    await host.event("from_str", **{"from": 2}, data=pieces)


async def reconnect(url, host, reply):
    await host.send(cmd="to_str", to=[1], data="cut")
    await host.event("player_away", player=1)
    await host.event("state", players=[1, 2], away=[1])
    await host.send(cmd="to_str", to=[1], data="kept")
    say("away", 1)
    await host.event("player_back", player=1)
    await host.event("state", players=[1, 2], away=[])
    await host.event("from_str", **{"from": 1}, data="back")
    await host.event("from_str", **{"from": 1}, data="kept")

    await cut(host.socket)
    query = f"room={reply['key']}&resume={reply['resume']}&bytes=1"
    host = Host(await connect(f"{url}/CREATE?{query}"))
    await host.event("prepare_reply", key=reply["key"], resumed=True)
    await host.event("state", players=[1, 2], away=[])
    await host.send(cmd="to", to=[2], data=[0, 23, 24, 255])
    await host.event("from", **{"from": 2}, data=bytes([0, 23, 24, 255]))
    return host


async def finish(host):
    await host.send(cmd="kick", player=2)
    await host.event("player_left", player=2)
    await host.event("state", players=[1], accept_conns=False)
    await host.send(cmd="open")
    await host.event("state", players=[1], accept_conns=True)
    say("open")
    await host.event("player_joined", player=3)
    await host.event("state", players=[1, 3])
    await host.event("from_str", **{"from": 3}, data="hello cleo")
    await host.send(cmd="stop")
    try:
        check(False, "still said:", await host.socket.recv())
    except websockets.ConnectionClosed as closed:
        say("closed", closed.code, closed.reason)


async def play(url):
    host = Host(await connect(f"{url}/CREATE"))
    reply = await open_room(host)
    await exchange(host)
    await frames(host)
    host = await reconnect(url, host, reply)
    await finish(host)


asyncio.run(play(*sys.argv[1:]))
