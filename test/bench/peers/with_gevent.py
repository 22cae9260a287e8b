"""gevent: a pool of greenlets over one iterator, each with its own persistent http.client connection."""

from gevent import monkey

monkey.patch_all()

import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import gevent
from gevent.pool import Pool

from common import Totals, arguments, lines

SCHEMES = {"http": HTTPConnection, "https": HTTPSConnection}


def work(jobs, totals):
    connection, origin = None, None
    for number, url in jobs:
        parts = urlsplit(url)
        try:
            if origin != (parts.scheme, parts.netloc):
                if connection is not None:
                    connection.close()
                origin = (parts.scheme, parts.netloc)
                connection = SCHEMES[parts.scheme](parts.netloc, timeout=30)
            connection.request("GET", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
            answer = connection.getresponse()
            body = answer.read()
            if 200 <= answer.status < 300:
                totals.save(number, body)
            else:
                totals.fail(url, f"status {answer.status}")
        except (OSError, HTTPException, KeyError) as error:
            totals.fail(url, repr(error))
            if connection is not None:
                connection.close()  # it is opened again by the next request
    if connection is not None:
        connection.close()


def main():
    path, folder, concurrency = arguments()
    totals = Totals(folder)
    jobs = lines(path)
    pool = Pool(concurrency)
    for _ in range(concurrency):
        pool.spawn(work, jobs, totals)
    pool.join(raise_error=True)
    totals.leave()


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        print(gevent.__version__)
    else:
        main()
