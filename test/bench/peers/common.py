"""Functions of all Python peers: reading the list, writing only whole files, and printing the summary."""

import os
import sys
import threading


def arguments():
    """The list, the folder for the files, and how many URLs at a time."""
    return sys.argv[1], sys.argv[2], int(sys.argv[3])


def lines(path):
    """Each URL with its number, read as they are asked for."""
    with open(path, encoding="utf-8") as urls:
        for number, line in enumerate(urls, 1):
            url = line.strip()
            if url and not url.startswith("#"):
                yield number, url


class Locked:
    """An iterator that several threads may share."""

    def __init__(self, iterator):
        self._iterator = iter(iterator)
        self._lock = threading.Lock()

    def __iter__(self):
        return self

    def __next__(self):
        with self._lock:
            return next(self._iterator)


class Totals:
    """Saves bodies, and counts."""

    def __init__(self, folder):
        self.folder = folder
        self.saved = self.failed = self.bytes = 0

    def save(self, number, body):
        path = f"{self.folder}/{number:06}"
        part = f"{path}.part"
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            left = memoryview(body)
            while left:
                left = left[os.write(file, left) :]
        finally:
            os.close(file)
        os.rename(part, path)
        self.saved += 1
        self.bytes += len(body)

    def fail(self, url, reason):
        self.failed += 1
        if self.failed <= 10:
            print(f"{url}: {reason}", file=sys.stderr)

    def leave(self):
        """Ends the program: 1 if anything failed."""
        print(f"{self.saved} saved ({self.bytes} bytes), {self.failed} failed")
        sys.exit(1 if self.failed else 0)
