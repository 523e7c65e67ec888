#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Senders for slowpath.sh, of what a VF may not be able to send as it is.

slowpath.py serve PORT            take TCP connections, read them to their end
slowpath.py turns ADDRESS PORT N  N times a large block, which is sent as the peer
                                  makes room for it, and a small one as soon as
                                  that has left the socket
slowpath.py plain ADDRESS PORT    TCP
slowpath.py option ADDRESS PORT   TCP behind an IPv6 destination option
slowpath.py datagrams ADDRESS PORT  small ones, 500 a second, until it is killed
"""

import contextlib
import fcntl
import os
import socket
import struct
import sys
import threading
import time

IPV6_DSTOPTS = 59
# No next header yet, no further units of 8 bytes, PadN of 4
PAD = bytes([0, 0, 1, 4, 0, 0, 0, 0])
SIOCOUTQNSD = 0x894B
SMALL = b"s" * 200
LARGE = b"l" * 300000
# What the peer takes at once
WINDOW = 100000


def drain(connection):
    """Read all, then answer with one byte."""
    with connection:
        while connection.recv(1 << 16):
            pass
        connection.send(b"y")


def serve(port):
    """One thread for each connection."""
    server = socket.create_server(("::", port), family=socket.AF_INET6,
                                  dualstack_ipv6=True)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=drain, args=(connection,)).start()


def unsent(connection):
    """Bytes that have not left the socket yet."""
    answer = fcntl.ioctl(connection, SIOCOUTQNSD, bytes(4))
    return struct.unpack("i", answer)[0]


def send(connection, times):
    """True if the other side has read it all."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(times):
        connection.sendall(LARGE)
        while unsent(connection):
            pass
        connection.sendall(SMALL)
    connection.shutdown(socket.SHUT_WR)
    return connection.recv(1) == b"y"


def datagram(sock):
    """Nobody need take it."""
    with contextlib.suppress(ConnectionRefusedError):
        sock.send(SMALL)
    time.sleep(0.002)


def main(what, *args):
    """What the command line asks for."""
    if what == "serve":
        serve(int(args[0]))
    elif what == "turns":
        with socket.create_connection((args[0], int(args[1])), 60) as sock:
            # Acknowledgments come in on the other CPU
            os.sched_setaffinity(0, {0})
            return send(sock, int(args[2]))
    elif what == "datagrams":
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.connect((args[0], int(args[1])))
            while True:
                datagram(sock)
    elif what == "plain":
        with socket.create_connection((args[0], int(args[1])), 20) as sock:
            return send(sock, 2)
    elif what == "option":
        with socket.socket(socket.AF_INET6) as sock:
            sock.settimeout(20)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_DSTOPTS, PAD)
            sock.connect((args[0], int(args[1])))
            return send(sock, 2)
    return False


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
