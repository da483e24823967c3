# SPDX-License-Identifier: MIT
"""A line with weather: it pauses, cuts and delays what goes through, the same for the same seed."""
import contextlib
import random
import socket
import threading
import time

PAUSE, CUT, DELAY = "pause", "cut", "delay"


class Line:
    """Forwards TCP to a port of 127.0.0.1 until the weather says otherwise.

    `pause()` holds both directions back, `cut()` resets every connection and refuses none after
    it, `delay` is added to each piece that passes, in seconds, and keeps their order.
    """

    def __init__(self, server):
        self.server = server
        self.delay = 0.0
        self.connections = 0
        self.bytes = 0
        self._open = threading.Event()
        self._open.set()
        self._lock = threading.Lock()
        self._sockets = set()
        self._ended = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self):
        return f"opc.tcp://127.0.0.1:{self.port}{getattr(self.server, 'PATH', '')}"

    def pause(self):
        self._open.clear()

    def resume(self):
        self._open.set()

    def cut(self):
        """What is on its way is lost."""
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.resume()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        try:
            far = socket.create_connection(("127.0.0.1", self.server.port), 60)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            if self._ended:
                near.close()
                far.close()
                return
            self.connections += 1
            self._sockets |= {near, far}
        back = threading.Thread(target=self._forward, args=(far, near), daemon=True)
        back.start()
        self._forward(near, far)
        back.join()
        with self._lock:
            self._sockets -= {near, far}
        near.close()
        far.close()

    def _forward(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                self._open.wait()
                sink.sendall(data)
                with self._lock:
                    self.bytes += len(data)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        with self._lock:
            self._ended = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
        self._acceptor.join(120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def forecast(seed, calm=(0.8, 3.0), pause=(0.2, 3.0), delay=(0.005, 0.1)):
    """An endless list of (seconds of calm before it, what, how long it lasts, how strong it is)."""
    chance = random.Random(seed)
    while True:
        before = chance.uniform(*calm)
        what = chance.choice((PAUSE, CUT, DELAY))
        yield before, what, chance.uniform(*pause), chance.uniform(*delay)


class Weather:
    """Lets a forecast come true on a line, until it is ended; then the line is calm again."""

    def __init__(self, line, seed, **how):
        self.line = line
        self.counts = {PAUSE: 0, CUT: 0, DELAY: 0}
        self._forecast = forecast(seed, **how)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        for before, what, duration, strength in self._forecast:
            if self._end.wait(before):
                return
            self.counts[what] += 1
            if what == CUT:
                self.line.cut()
                continue
            if what == PAUSE:
                self.line.pause()
            else:
                self.line.delay = strength
            ended = self._end.wait(duration)
            self.line.resume()
            self.line.delay = 0.0
            if ended:
                return

    def clear_up(self):
        self._end.set()
        self._thread.join(120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear_up()
