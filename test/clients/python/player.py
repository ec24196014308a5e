"""A player of the round in ../round.test.ts. Usage: player.py URL CODE SEAT_KEY NAME"""

import asyncio
import sys

import websockets

from relay import connect, cut, say


async def play(url, code, seat, name):
    address = f"{url}/{code}?seat={seat}"
    socket = await connect(address)
    await socket.send(f"hello {name}")
    try:
        while True:
            message = await socket.recv()
            if message == "fragments":
                await socket.send(["one two three "] * 1000)
            elif message == "ping":
                await (await socket.ping())
                await socket.send("pong")
            elif message == "cut":
                await cut(socket)
                await asyncio.to_thread(sys.stdin.readline)
                socket = await connect(address)
                await socket.send("back")
            else:
                await socket.send(message)
    except websockets.ConnectionClosed as closed:
        say("closed", closed.code, closed.reason)


asyncio.run(play(*sys.argv[1:]))
