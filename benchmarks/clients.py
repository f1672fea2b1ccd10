"""Plain HTTP clients on a socket, as thin as can be, so that what is measured is the server."""

from __future__ import annotations

import socket
import time


class Client:
    """One kept-alive connection."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host = f"{address[0]}:{address[1]}".encode("ascii")
        self._request = (
            b"GET /meter/ HTTP/1.1\r\nHost: " + host + b"\r\nAccept: application/json\r\n"
            b"Accept-Encoding: gzip, deflate\r\nUser-Agent: Python/3 a usual client\r\n\r\n"
        )

    def get(self) -> bytes:
        """`/meter/`: its body. Raises `OSError` for anything but a whole 200."""
        self._socket.sendall(self._request)
        data = self._socket.recv(65536)
        while (split := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:split].lower()
        if not head.startswith(b"http/1.1 200"):
            raise OSError(head.decode("latin-1"))
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        body = data[split + 4 :]
        while len(body) < length:
            body += self._more()
        return body

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data


def first_answer_s(address: tuple[str, int], began_s: float, give_up_s: float = 20) -> float:
    """Seconds from `began_s` (`perf_counter`) until `/meter/` is answered for the first time."""
    while True:
        try:
            client = Client(address)
            client.get()
        except OSError:
            if time.perf_counter() - began_s > give_up_s:
                raise
            time.sleep(0.002)
        else:
            taken_s = time.perf_counter() - began_s
            client.close()
            return taken_s


def free_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
