"""Tornado: workers over one iterator, with its libcurl client, which reuses connections unlike the simple one."""

import asyncio
import sys

import pycurl  # noqa: F401  (without it there is no such client)
import tornado
from tornado.curl_httpclient import CurlAsyncHTTPClient
from tornado.httpclient import AsyncHTTPClient, HTTPError

from common import Totals, arguments, lines


async def work(client, jobs, totals):
    for number, url in jobs:
        try:
            answer = await client.fetch(url, connect_timeout=10, request_timeout=30, decompress_response=False)
            totals.save(number, answer.body)
        except (HTTPError, OSError) as error:
            totals.fail(url, repr(error))


async def main():
    path, folder, concurrency = arguments()
    totals = Totals(folder)
    jobs = lines(path)
    AsyncHTTPClient.configure(CurlAsyncHTTPClient, max_clients=concurrency)
    client = AsyncHTTPClient()
    await asyncio.gather(*(work(client, jobs, totals) for _ in range(concurrency)))
    client.close()
    return totals


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        print(tornado.version)
    else:
        asyncio.run(main()).leave()
