"""What both programs need: one WebSocket to a relay, commands and events in CBOR."""

import cbor2
import websockets


def connect(url):
    """Connects as this library does by default; messages may be as large as the relay takes."""
    return websockets.connect(url, max_size=64 * 1024 * 1024)


async def cut(socket):
    """Breaks the line without a close frame, as a lost network does."""
    socket.transport.abort()
    await socket.wait_closed()


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(each) for each in what))


def say(*words):
    print(*words, flush=True)


class Host:
    """A game: it sends commands and reads events in the order in which they come."""

    def __init__(self, socket):
        self.socket = socket

    async def send(self, **command):
        await self.socket.send(cbor2.dumps(command))

    async def event(self, cmd, **expected):
        """The next event, which has to be this one and to have these fields."""
        event = cbor2.loads(await self.socket.recv())
        fields = {key: event.get(key) for key in expected}
        check(event["cmd"] == cmd and fields == expected, "expected", cmd, expected, "got", event)
        return event
