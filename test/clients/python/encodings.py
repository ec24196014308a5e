"""The encodings of ../encodings.test.ts that cbor2 has. Usage: encodings.py URL"""

import asyncio
import datetime
import decimal
import fractions
import ipaddress
import re
import sys
import uuid

import cbor2
import websockets

from relay import Host, check, connect, say

NOW = datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc)

EXTRA = {
    "set": {1, 2},
    "frozenset": frozenset(["a"]),
    "datetime": NOW,
    "decimal": decimal.Decimal("1.25"),
    "fraction": fractions.Fraction(1, 3),
    "uuid": uuid.UUID(int=7),
    "bignum": 2**70,
    "negative bignum": -(2**70),
    "regular expression": re.compile("a+"),
    "address": ipaddress.ip_address("2001:db8::1"),
    "network": ipaddress.ip_network("192.0.2.0/24"),
    "undefined": cbor2.undefined,
    "simple value": cbor2.CBORSimpleValue(99),
    "not a number": float("nan"),
    "nested": {"a": [{"b": cbor2.CBORTag(1234, "tagged")}]},
}


def text(label, to=(1,), **more):
    return {"cmd": "to_str", "to": to, "data": label, **more}


def binary(data, to=(1,)):
    return {"cmd": "to", "to": to, "data": data}


def encodings():
    """What reaches the player: its kind, its content, and the command's encoding."""
    dumps = cbor2.dumps
    yield "text", "default", dumps(text("default"))
    yield "text", "canonical", dumps(text("canonical", to=[1.0]), canonical=True)
    yield "text", "self-described", dumps(cbor2.CBORTag(55799, text("self-described")))
    yield "text", "float id", dumps(text("float id", to=[1.0]))
    yield "text", "half id", dumps(text("half id", to=[cbor2.undefined, 1.0, None]), canonical=True)
    for name, value in EXTRA.items():
        yield "text", name, dumps(text(name, extra=value))
    yield "bytes", "bytes", dumps(binary(b"bytes"))
    yield "bytes", "bytearray", dumps(binary(bytearray(b"bytearray")))
    yield "bytes", "list", dumps(binary(list(b"list")))
    yield "bytes", "typed array", dumps(binary(cbor2.CBORTag(64, b"typed array")))


async def play(url):
    host = Host(await connect(f"{url}/CREATE"))
    await host.event("state")
    await host.send(cmd="prepare", max_players=1)
    await host.event("state")
    say("code", (await host.event("prepare_reply"))["key"])
    await host.event("player_joined", player=1)
    await host.event("state")
    for kind, content, command in encodings():
        say(kind, content)
        await host.socket.send(command)
    await host.send(cmd="stop")
    try:
        check(False, "answered by:", cbor2.loads(await host.socket.recv()))
    except websockets.ConnectionClosed as closed:
        say("closed", closed.code, closed.reason)


asyncio.run(play(*sys.argv[1:]))
