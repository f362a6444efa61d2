"""Sends to a server with python-osc, and prints what comes back.

client.py TRANSPORT PORT (ask | bundle)

TRANSPORT is udp, tcp-1.0, tcp-1.1, async-1.0 or async-1.1.
"""

import asyncio
import sys
import time

from pythonosc import osc_bundle_builder, osc_message_builder
from pythonosc.tcp_client import AsyncSimpleTCPClient, SimpleTCPClient
from pythonosc.udp_client import SimpleUDPClient

HOST = "127.0.0.1"
LIMIT = 60.0
EVERY_TYPE = [
    -5,
    -(2**40),
    0.25,
    "two words",
    b"\xc0\xdb\x00",
    True,
    False,
    None,
    (1, 0x90, 64, 127),
    [1, [2, "x"], []],
]


def message(address, *values):
    builder = osc_message_builder.OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build()


def bundle(at, *contents):
    builder = osc_bundle_builder.OscBundleBuilder(at)
    for content in contents:
        builder.add_content(content)
    return builder.build()


def show(reply):
    print(reply.address, reply.params, flush=True)


def to_send(task):
    """What to send, and how many replies there are to wait for."""
    if task == "ask":
        return [message("/echo", *EVERY_TYPE), message("/twice", 1)], 3
    soon = time.time() + 1.0
    nested = bundle(
        soon,
        message("/note", "soon"),
        bundle(soon + 0.05, message("/note", "later")),
        message("/note", "after a nested bundle"),
    )
    immediate = bundle(osc_bundle_builder.IMMEDIATELY, message("/note", "at once"))
    return [nested, immediate], 0


def talk(client, packets, replies):
    for packet in packets:
        client.send(packet)
    if replies:
        for reply in client.get_messages(LIMIT):
            show(reply)
            replies -= 1
            if replies == 0:
                break


async def talk_async(port, mode, packets, replies):
    client = await AsyncSimpleTCPClient(HOST, port, mode=mode)
    for packet in packets:
        await client.send(packet)
    if replies:
        async for reply in client.get_messages(LIMIT):
            show(reply)
            replies -= 1
            if replies == 0:
                break
    await client.close()


def main():
    transport, port, task = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    packets, replies = to_send(task)
    kind, _, mode = transport.partition("-")
    if kind == "async":
        asyncio.run(talk_async(port, mode, packets, replies))
    elif kind == "tcp":
        with SimpleTCPClient(HOST, port, mode=mode) as client:
            talk(client, packets, replies)
    else:
        with SimpleUDPClient(HOST, port) as client:
            talk(client, packets, replies)


main()
