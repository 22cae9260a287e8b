// Versions of files on a site, for those who ask whether theirs is still good, and what they were asked with.

import { beforeEach } from "vitest";
import type { Answer, Site } from "./site.ts";

export interface Validators {
  readonly etag?: string;
  readonly "last-modified"?: string;
}

export interface Versions {
  /** Serves this content as one version: 304 to those who have it. */
  serve(path: string, content: string, validators: Validators): void;
  /** What was asked for, with its conditions and the status of the answer; since the last call. */
  conditions(): string[];
  /** How many answers there were since then. */
  answered(): number;
}

/** For the top of a file: of a site that each of its tests has. */
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
        const told = { ...validators, "content-type": "text/plain" };
        response.writeHead(has ? 304 : 200, told).end(has ? undefined : content);
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
