# SPDX-License-Identifier: MIT
"""A real terminal: a program in tmux, keys for it, and what stands on its screen."""
import os
import re
import shlex
import signal
import subprocess
import tempfile

from .wait import wait_until


class Terminal:
    """Runs a program in a window of that size; its exit code is told by ended()."""

    def __init__(self, argv, columns=80, rows=24, env=None):
        self.folder = tempfile.TemporaryDirectory(prefix="osm-terminal-")
        self.socket = f"{self.folder.name}/tmux"
        own = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR")}
        self.env = {**own, "LC_ALL": "C.UTF-8", "TZ": "UTC", "SHELL": "/bin/sh", **(env or {})}
        line = f"trap : INT; stty -a > {self.folder.name}/before; {shlex.join(map(str, argv))}; code=$?; " \
               f"stty -a > {self.folder.name}/after; echo \"ended with $code\"; exec cat"
        self.tmux("-f", "/dev/null", "-u", "new-session", "-d", "-x", columns, "-y", rows, "sh", "-c", line)
        self.pid = int(self.tmux("display-message", "-p", "#{pid}"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGTERM)  # tmux itself; the program gets its SIGHUP
        self.folder.cleanup()

    def tmux(self, *arguments):
        ran = subprocess.run(["tmux", "-S", self.socket, *map(str, arguments)], env=self.env, capture_output=True,
                             text=True, timeout=120)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def colours(self):
        return self.tmux("capture-pane", "-p", "-e")

    def keys(self, *names):
        """Keys by tmux's names: Enter, Down, C-c, q."""
        self.tmux("send-keys", *names)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def click(self, x, y, button=0):
        """Of the mouse, as xterm reports it; 64 and 65 are the wheel."""
        for code in (button, 3):  # 3: no button is pressed any more
            self.tmux("send-keys", "-l", f"\033[M{chr(32 + code)}{chr(33 + x)}{chr(33 + y)}")

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", columns, "-y", rows)

    def wait(self, pattern, without=None):
        """The screen, once it has the pattern and not the other."""
        def there():
            screen = self.screen()
            return screen if re.search(pattern, screen) and not (without and re.search(without, screen)) else None
        # Each look starts a program.
        return wait_until(there, 30, lambda: f"{pattern!r} on the screen:\n{self.screen()}", poll=0.1)

    def child(self):
        """The pid of the program."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        return int(subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True, check=True).stdout)

    def ended(self):
        """Its exit code, after which the terminal is as it was before."""
        screen = self.wait(r"ended with \d+")
        before, after = ([line for line in open(f"{self.folder.name}/{name}") if "rows" not in line]
                         for name in ("before", "after"))
        assert before == after
        assert self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}").split() == ["0", "1", "0"]
        return int(re.search(r"ended with (\d+)", screen)[1])
