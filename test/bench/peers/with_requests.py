"""requests: one session per thread over one iterator; with --processes, one process per core that share threads and lines."""

import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from os import cpu_count

import requests

from common import Locked, Totals, arguments, lines


def work(jobs, folder):
    totals = Totals(folder)  # a thread's own: `+=` of several threads may lose a count
    with requests.Session() as session:
        session.trust_env = False  # or it looks for a proxy and for ~/.netrc at every request
        for number, url in jobs:
            try:
                answer = session.get(url, timeout=(10, 30), stream=True)
                answer.raw.enforce_content_length = True  # or a body that is cut short is taken for whole
                answer.raise_for_status()
                totals.save(number, answer.content)
            except requests.RequestException as error:
                totals.fail(url, repr(error))
    return totals


def in_threads(path, folder, concurrency, part=0, parts=1):
    """Every `parts`-th line, from the `part`-th on."""
    jobs = Locked(islice(lines(path), part, None, parts))
    with ThreadPoolExecutor(concurrency) as threads:
        return added(folder, [threads.submit(work, jobs, folder) for _ in range(concurrency)])


def in_processes(path, folder, concurrency):
    cores = min(cpu_count() or 1, concurrency)
    with ProcessPoolExecutor(cores) as processes:
        shares = [(concurrency + part) // cores for part in range(cores)]
        return added(
            folder,
            [processes.submit(in_threads, path, folder, share, part, cores) for part, share in enumerate(shares)],
        )


def added(folder, futures):
    sums = Totals(folder)
    for totals in (future.result() for future in futures):
        sums.saved += totals.saved
        sums.failed += totals.failed
        sums.bytes += totals.bytes
    return sums


if __name__ == "__main__":
    how = in_threads
    if "--processes" in sys.argv:
        sys.argv.remove("--processes")
        how = in_processes
    if sys.argv[1:] == ["--version"]:
        print(requests.__version__)
    else:
        how(*arguments()).leave()
