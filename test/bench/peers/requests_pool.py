"""requests with a pool of threads, one session each, retries, and a check of every body."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from common import Locked, Totals, lines

PIECE_BYTES = 65_536


class TooLong(Exception):
    """A URL took longer than it may."""


class BodyLost(Exception):
    """A body that began, and broke off or fell silent."""


def get(session, url, limits):
    """A body that is whole, or an exception."""
    until = time.monotonic() + limits["max_time"]
    with session.get(url, timeout=(limits["connect"], limits["silence"]), stream=True) as answer:
        answer.raw.enforce_content_length = True  # or a body that is cut short is taken for whole
        answer.raise_for_status()
        body = bytearray()
        try:
            for piece in answer.iter_content(PIECE_BYTES):
                body += piece
                if time.monotonic() > until:
                    raise TooLong(url)
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError) as error:
            raise BodyLost(url) from error
        return body


def with_retries(session, url, limits):
    """urllib3 tries again what fails before a body, and after 429 and 503; what fails in a body is tried again here."""
    for nth in range(limits["retries"]):
        try:
            return get(session, url, limits)
        except BodyLost:
            time.sleep(2**nth)
    return get(session, url, limits)


def work(jobs, folder, limits):
    totals = Totals(folder)
    retry = Retry(
        total=limits["retries"],
        backoff_factor=1,
        status_forcelist=(408, 429, 500, 502, 503, 504),
        raise_on_status=False,
    )
    with requests.Session() as session:
        session.trust_env = False
        session.verify = limits["cacert"]
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        for number, url in jobs:
            try:
                totals.save(number, with_retries(session, url, limits))
            except (requests.RequestException, TooLong, BodyLost) as error:
                totals.fail(url, repr(error))
    return totals


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        print(requests.__version__)
    else:
        path, folder, concurrency, retries, connect, silence, max_time, cacert = sys.argv[1:]
        limits = {
            "retries": int(retries),
            "connect": float(connect),
            "silence": float(silence),
            "max_time": float(max_time),
            "cacert": cacert,
        }
        jobs = Locked(lines(path))
        sums = Totals(folder)
        with ThreadPoolExecutor(int(concurrency)) as threads:
            for future in [threads.submit(work, jobs, folder, limits) for _ in range(int(concurrency))]:
                totals = future.result()
                sums.saved += totals.saved
                sums.failed += totals.failed
                sums.bytes += totals.bytes
        sums.leave()
