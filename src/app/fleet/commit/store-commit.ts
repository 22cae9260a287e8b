// An object store as the output of a fleet: results are put where none are, and name the objects of the attempt that was first.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { FolderError } from "../../../core/errors.ts";
import { LAYOUT, STATE_FOLDER, STATE_LAYOUT } from "../../../core/layout.ts";
import { chunkName } from "../../../queue/chunk.ts";
import { makeFolder } from "../../../sink/folder/output-folder.ts";
import type { StoreAddress } from "../../../store/address.ts";
import { memoryBody } from "../../../store/body.ts";
import { isProblem, type StoreProblem } from "../../../store/problem.ts";
import { MAX_REQUESTS } from "../../../store/requests.ts";
import { openStore, type Store } from "../../../store/store.ts";
import { refuse } from "../../store/refuse-problem.ts";
import { chunkOfKey, type FleetRecord, parseRecord, RESULTS, resultsKey } from "../plan.ts";
import { type AttemptResults, readResults, resultsIn } from "./attempt-results.ts";
import { removeAttempt } from "./commit.ts";
import type { FleetOutput, FleetPlace } from "./fleet-output.ts";
import { beginAttempt, isGivenBack } from "./folder-output.ts";

/** The record of the run, below the prefix. */
export const RECORD_KEY = `${STATE_FOLDER}/${STATE_LAYOUT.fleet}`;

/** Throws a FolderError for a store that is not configured. */
export function storeFleetOutput(address: StoreAddress, { state, note }: FleetPlace): FleetOutput {
  const store = opened(address, state);
  const { bucket, keyOf } = store;
  const { shown, prefix } = address;
  let isConditional: boolean | undefined;

  const textOf = async (name: string, from = bucket): Promise<Buffer | undefined> => {
    let pieces: Buffer[] = [];
    const onPiece = (piece: Uint8Array) => void pieces.push(Buffer.from(piece));
    const isThere = await from.read(keyOf(name), onPiece, () => {
      pieces = [];
    });
    if (isProblem(isThere)) refuse(isThere, store);
    return isThere === true ? Buffer.concat(pieces) : undefined;
  };
  const resultsOf = async (chunk: number): Promise<AttemptResults | undefined> => {
    const name = resultsKey(chunk);
    const text = await textOf(name);
    return text === undefined ? undefined : resultsIn(text.toString(), shown + name);
  };
  const firstKey = async (key: string, from = bucket): Promise<string | undefined> => {
    let found: string | undefined;
    const each = (object: { readonly key: string }) => {
      found = object.key;
      return false;
    };
    refuse(await from.list(key, each, 1), store);
    return found;
  };
  const isCommitted = async (chunk: number) => (await firstKey(keyOf(resultsKey(chunk)))) !== undefined;

  /** The run whose record is in the store: of an `enqueue` that was killed, it lacks what the store does with the condition. */
  const runThere = async (): Promise<string | undefined> => {
    const text = await textOf(RECORD_KEY);
    return text && parseRecord(text.toString(), shown + RECORD_KEY).run;
  };

  /** Removes what an attempt has put, but for what the results of its chunk name. */
  const discard = async (path: string): Promise<void> => {
    const id = basename(path);
    const kept = new Set(namesIn(await resultsOf(Number(/\d+/.exec(id)?.[0]))));
    const own = new Set(existsSync(join(path, LAYOUT.journal)) ? namesIn(readResults(join(path, LAYOUT.journal))) : []);
    refuse(await listNames(`${id}/`, (name) => void own.add(name)), store);
    await abortUploads(address, path);
    await remove([...own].filter((name) => !kept.has(name)));
    removeAttempt(path);
  };
  const listNames = (start: string, onName: (name: string) => void): Promise<StoreProblem | undefined> =>
    bucket.list(keyOf(start), ({ key }) => {
      onName(key.slice(prefix.length));
      return true;
    });
  const remove = async (names: readonly string[]): Promise<void> => {
    for (let i = 0; i < names.length; i += MAX_REQUESTS) {
      const batch = names.slice(i, i + MAX_REQUESTS).map((name) => bucket.remove(keyOf(name)));
      for (const problem of await Promise.all(batch)) refuse(problem, store);
    }
  };
  /** Removes other attempts of this machine, and what killed workers of others have put, at a chunk with results. */
  const removeLosers = async (chunk: number, results: AttemptResults): Promise<void> => {
    if (isConditional !== true) return; // an attempt that is under way, here as well, may become the last one
    for (const path of attemptsIn(state, chunk)) await discard(path);
    const kept = new Set(results.files);
    const others: string[] = [];
    refuse(await listNames(`${chunkName(chunk)}-`, (name) => void (kept.has(name) || others.push(name))), store);
    await remove(others);
  };

  return {
    shown,
    async claim() {
      if (store.endpoint.isExposed) note(`${shown}: its endpoint is http: what is sent there can be read on the way`);
      const found = await firstKey(prefix, store.first);
      if (found !== undefined && (await textOf(RECORD_KEY)) === undefined)
        throw new FolderError(
          "usage",
          ({ option }) =>
            `${shown}: has objects, such as ${found.slice(0, 200)}, and no run of a fleet: use another prefix (${option("outputDir")})`,
        );
      return { isEmpty: found === undefined, release: async () => {} };
    },
    async record() {
      const text = await textOf(RECORD_KEY, store.first);
      const record = text && parseRecord(text.toString(), shown + RECORD_KEY);
      isConditional = record?.isConditional;
      return record;
    },
    async putRecord(record) {
      const textNow = (one: FleetRecord) => Buffer.from(`${JSON.stringify(one)}\n`);
      if (record.isConditional === undefined) {
        const first = await bucket.putIfAbsent(keyOf(RECORD_KEY), textNow(record));
        if (isProblem(first)) refuse(first, store);
        if (first === "lost" && (await runThere()) !== record.run)
          throw new FolderError("usage", `${shown}: another enqueue has just begun there`);
        // The object is there now: a store that puts it once more does not know the condition, and then has what is true.
        const second = await bucket.putIfAbsent(keyOf(RECORD_KEY), textNow({ ...record, isConditional: false }));
        if (isProblem(second)) refuse(second, store);
        isConditional = second === "lost";
        if (!isConditional) note(`${shown}: ${LAST_WINS}`);
      }
      const kept = { ...record, isConditional: record.isConditional ?? isConditional ?? false };
      refuse(await bucket.put(keyOf(RECORD_KEY), memoryBody([textNow(kept)])), store);
      return kept;
    },
    async committed() {
      const chunks = new Set<number>();
      const onName = (name: string) => {
        const chunk = chunkOfKey(name);
        if (chunk !== undefined) chunks.add(chunk);
      };
      refuse(await listNames(`${RESULTS}/`, onName), store);
      return chunks;
    },
    isCommitted,
    async results(chunk) {
      const results = await resultsOf(chunk);
      return results && { results };
    },
    begin(chunk) {
      makeFolder(state);
      return beginAttempt(state, chunk, (name) => {
        const path = join(state, `${name}-${randomBytes(4).toString("hex")}`);
        mkdirSync(path);
        return path;
      });
    },
    async giveBack(chunk, path) {
      if (!isGivenBack(state, chunk, path)) await discard(path);
    },
    discard,
    async commit(chunk, path, counted) {
      const journal = join(path, LAYOUT.journal);
      const results = counted ?? readResults(journal);
      const content = readFileSync(journal);
      const name = resultsKey(chunk);
      const end = (await isCommitted(chunk)) ? "lost" : await bucket.putIfAbsent(keyOf(name), content);
      if (isProblem(end)) refuse(end, store);
      // Where the condition is not known, the results that are there now count.
      const isFirst = end === "won" && isConditional === true;
      if (!isFirst && (await textOf(name))?.equals(content) !== true) {
        await discard(path);
        return undefined;
      }
      removeAttempt(path);
      await removeLosers(chunk, results);
      return results;
    },
    async settle(chunk) {
      const results = await resultsOf(chunk);
      if (results !== undefined) await removeLosers(chunk, results);
      return results;
    },
    async settleAll() {},
    close: () => store.close(),
  };
}

const LAST_WINS =
  "the store does not know If-None-Match: of two workers with the same chunk, the last one's results count";

function opened(address: StoreAddress, state: string): Store {
  const store = openStore(address, { env: process.env, state });
  if ("problem" in store) throw new FolderError("usage", `${address.shown}: ${store.problem}`);
  return store;
}

/** Aborts the multipart uploads that a killed attempt has left. */
async function abortUploads(address: StoreAddress, path: string): Promise<void> {
  const store = opened(address, join(path, STATE_FOLDER));
  try {
    refuse(await store.abortLeftUploads(), store);
  } finally {
    store.close();
  }
}

function namesIn(results: AttemptResults | undefined): readonly string[] {
  return results === undefined ? [] : [...results.files, ...results.archives];
}

/** The folders of attempts at a chunk on this machine. */
function attemptsIn(state: string, chunk: number): readonly string[] {
  if (!existsSync(state)) return [];
  const start = `${chunkName(chunk)}-`;
  return readdirSync(state)
    .filter((name) => name.startsWith(start) || name === chunkName(chunk))
    .map((name) => join(state, name));
}
