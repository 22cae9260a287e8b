// Serves versioned files with conditional requests on a site, and records the conditions of the requests.

import { beforeEach } from "vitest";
import type { Answer, Site } from "../site.ts";

export interface Validators {
  readonly etag?: string;
  readonly "last-modified"?: string;
}

export interface Versions {
  /** Serves this content as one version: 304 to requests whose condition matches. */
  serve(path: string, content: string, validators: Validators): void;
  /** The requests since the last call: path, status of the response, condition. */
  conditions(): string[];
  /** Number of responses since the last call of `conditions`. */
  answered(): number;
}

/** Call at the top of a file, with its site. */
export function versionsOn(server: Pick<Site, "answers">): Versions {
  let log: string[];
  beforeEach(() => {
    log = [];
  });
  return {
    serve(path, content, validators) {
      const answer: Answer = ({ headers }, response) => {
        const { "if-none-match": tag, "if-modified-since": since } = headers;
        const has =
          tag === undefined ? since !== undefined && since === validators["last-modified"] : tag === validators.etag;
        log.push([path, has ? "304" : "200", tag, since].filter((one) => one !== undefined).join(" "));
        const sent = { ...validators, "content-type": "text/plain" };
        response.writeHead(has ? 304 : 200, sent).end(has ? undefined : content);
      };
      server.answers.set(path, answer);
    },
    conditions() {
      const said = log.sort();
      log = [];
      return said;
    },
    answered: () => log.length,
  };
}
