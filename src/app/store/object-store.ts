// The port ObjectStore over a store: its problems become failures of lines, or end the run.

import type { Failure, FailureKind } from "../../core/failure.ts";
import type { ObjectBytes, ObjectStore } from "../../core/object-store.ts";
import { fileBody, memoryBody } from "../../store/body.ts";
import type { Content } from "../../store/multipart.ts";
import type { StoreProblem } from "../../store/problem.ts";
import type { Store } from "../../store/store.ts";
import { adviceOf } from "./refuse-problem.ts";

export function objectStore(store: Store): ObjectStore {
  const { address, bucket, keyOf } = store;
  return {
    async put(name, content, headers) {
      const problem = await store.upload(name, contentOf(content), headers);
      return problem && failureOf(problem, address.shown + name);
    },
    copy: async (from, to) => (await bucket.copy(keyOf(from), keyOf(to))) === undefined,
    abort: () => store.abort(),
  };
}

/** Problems of one object alone; after all others the run stops. */
const OF_ONE: Readonly<Record<string, FailureKind>> = {
  KeyTooLongError: "name_too_long",
  InvalidURI: "name_refused",
  EntityTooLarge: "file_too_large",
  ABORTED: "interrupted",
};

/** `where`: the object, as it is shown. */
export function failureOf(of: StoreProblem, where: string): Failure {
  const { code } = of;
  const problem = of.problem + adviceOf(of);
  const error = Object.hasOwn(OF_ONE, code) ? OF_ONE[code] : undefined;
  return { error: error ?? "write_failed", detail: error === "interrupted" ? problem : `${where}: ${problem}` };
}

function contentOf(bytes: ObjectBytes): Content {
  if ("fd" in bytes) return fileContent(bytes.fd, bytes.bytes);
  // Bodies in memory are small: they are sent as a whole.
  const body = memoryBody(bytes.pieces);
  return { bytes: body.bytes, range: () => body };
}

/** The first bytes of an open file. */
export function fileContent(fd: number, bytes: number): Content {
  return { bytes, range: (from, length) => fileBody(fd, from, length) };
}
