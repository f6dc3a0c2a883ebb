"""The application of the task: a steady load on everything the agent measures.

busy.py PEER   burns a quarter of a core, holds 48 MiB, talks to Redis over loopback and to PEER by UDP
busy.py echo   the PEER: sends every datagram back, at half its size
"""

import socket
import sys
import time

PERIOD = 0.1  # seconds
CPU = 0.025  # seconds of a core per period
MEMORY = 48 * 1024 * 1024
UDP_PORT = 9000


def redis_command(*words):
    out = b"*%d\r\n" % len(words)
    for word in words:
        out += b"$%d\r\n%s\r\n" % (len(word), word)
    return out


def echo():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("", UDP_PORT))
    while True:
        data, sender = server.recvfrom(2048)
        server.sendto(data[: len(data) // 2], sender)


def connect_redis():
    while True:
        try:
            return socket.create_connection(("127.0.0.1", 6379))
        except OSError:
            time.sleep(0.1)


def busy(peer):
    memory = bytearray(MEMORY)
    for page in range(0, MEMORY, 4096):
        memory[page] = 1
    redis = connect_redis()
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setblocking(False)
    following = time.monotonic()
    while True:
        begin = time.thread_time()
        redis.sendall(redis_command(b"SET", b"key", bytes(1024)) + redis_command(b"GET", b"key"))
        received = 0
        while received < 5 + 7 + 1024 + 2:  # "+OK\r\n", "$1024\r\n", the value, "\r\n"
            received += len(redis.recv(65536))
        udp.sendto(bytes(1000), (peer, UDP_PORT))
        try:
            udp.recv(2048)
        except BlockingIOError:
            pass
        while time.thread_time() - begin < CPU:
            pass
        following += PERIOD
        time.sleep(max(0.0, following - time.monotonic()))


if sys.argv[1] == "echo":
    echo()
else:
    busy(sys.argv[1])
