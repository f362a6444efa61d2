"""Serves with python-osc on a free port, whose number is the first line printed.

server.py TRANSPORT

TRANSPORT is udp, tcp-1.0, tcp-1.1, async-1.0 or async-1.1. It serves until it is killed. /echo is
answered with /echoed and the same arguments, /time with /ran and the nanoseconds since 1970.
"""

import asyncio
import sys
import time

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import ThreadingOSCUDPServer
from pythonosc.osc_tcp_server import AsyncOSCTCPServer, ThreadingOSCTCPServer

HOST = "127.0.0.1"


def dispatcher():
    methods = Dispatcher()
    methods.map("/echo", lambda _, *values: ("/echoed", *values))
    methods.map("/time", lambda _, name: ("/ran", name, str(time.time_ns())))
    return methods


def announce(port):
    print(port, flush=True)


async def serve_async(mode):
    server = AsyncOSCTCPServer(HOST, 0, dispatcher(), mode=mode)
    serving = asyncio.ensure_future(server.start())
    while not hasattr(server, "_server"):
        await asyncio.sleep(0)
    announce(server._server.sockets[0].getsockname()[1])
    await serving


def main():
    kind, _, mode = sys.argv[1].partition("-")
    if kind == "async":
        asyncio.run(serve_async(mode))
        return
    if kind == "tcp":
        server = ThreadingOSCTCPServer((HOST, 0), dispatcher(), mode=mode)
    else:
        server = ThreadingOSCUDPServer((HOST, 0), dispatcher())
    announce(server.server_address[1])
    server.serve_forever()


main()
