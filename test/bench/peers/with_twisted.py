"""Twisted: an Agent with a pool of persistent connections, and one cooperative task per connection over one iterator."""

import sys

import twisted
from twisted.internet import defer, reactor, task
from twisted.web.client import Agent, HTTPConnectionPool, readBody

from common import Totals, arguments, lines


def fetched(agent, number, url, totals):
    """A Deferred that fires when the URL is saved or counted as failed."""
    deferred = agent.request(b"GET", url.encode("ascii"))

    def on_answer(answer):
        def on_body(body):
            if 200 <= answer.code < 300:
                totals.save(number, body)
            else:
                totals.fail(url, f"status {answer.code}")

        return readBody(answer).addCallback(on_body)

    deferred.addCallback(on_answer)
    deferred.addTimeout(30, reactor)
    deferred.addErrback(lambda failure: totals.fail(url, failure.getErrorMessage()))
    return deferred


def main():
    path, folder, concurrency = arguments()
    totals = Totals(folder)
    pool = HTTPConnectionPool(reactor, persistent=True)
    pool.maxPersistentPerHost = concurrency
    agent = Agent(reactor, connectTimeout=10, pool=pool)
    work = (fetched(agent, number, url, totals) for number, url in lines(path))
    cooperator = task.Cooperator()
    done = defer.gatherResults([cooperator.coiterate(work) for _ in range(concurrency)])
    done.addErrback(lambda failure: totals.fail(path, failure.getErrorMessage()))
    done.addCallback(lambda _: pool.closeCachedConnections())
    done.addBoth(lambda _: reactor.stop())
    reactor.run()
    totals.leave()


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        print(twisted.__version__)
    else:
        main()
