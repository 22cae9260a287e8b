"""aiohttp: one session, one worker per connection, each taking the next line; with --uvloop on that event loop."""

import asyncio
import sys

import aiohttp

from common import Totals, arguments, lines

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)


async def work(session, jobs, totals):
    for number, url in jobs:
        try:
            async with session.get(url) as answer:
                body = await answer.read()
                if 200 <= answer.status < 300:
                    totals.save(number, body)
                else:
                    totals.fail(url, f"status {answer.status}")
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            totals.fail(url, repr(error))


async def main():
    path, folder, concurrency = arguments()
    totals = Totals(folder)
    jobs = lines(path)  # shared: a generator runs between two awaits, so that no two workers get one line
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=concurrency),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=TIMEOUT,
    ) as session:
        await asyncio.gather(*(work(session, jobs, totals) for _ in range(concurrency)))
    return totals


if __name__ == "__main__":
    if "--uvloop" in sys.argv:
        import uvloop

        uvloop.install()
        sys.argv.remove("--uvloop")
    if sys.argv[1:] == ["--version"]:
        print(aiohttp.__version__)
    else:
        asyncio.run(main()).leave()
