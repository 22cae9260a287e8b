// The operations on a bucket, against a store that checks signatures and misbehaves.
import { existsSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { StoreAddress } from "../../src/store/address.ts";
import { memoryBody } from "../../src/store/body.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { shell } from "../support/command.ts";
import { own, ownFolder } from "../support/own.ts";
import { type S3Stub, STUB_KEY, s3Stub } from "../support/servers/s3-stub.ts";
import { storeEnv } from "../support/servers/store-env.ts";

const folder = ownFolder();
const ADDRESS: StoreAddress = { bucket: "books", prefix: "a/", shown: "s3://books/a/" };
let stub: S3Stub;
let store: Store;

beforeEach(async () => {
  stub = own(await s3Stub());
  store = opened();
});

function opened(): Store {
  const one = openStore(ADDRESS, { env: storeEnv(stub), state: folder.path });
  if ("problem" in one) throw new Error(one.problem);
  return own(one);
}

const text = (content: string) => new Uint8Array(Buffer.from(content));

describe("the stub", () => {
  it("accepts the signatures of curl, and refuses a changed one", async () => {
    folder.list(["content"], "body.txt");
    const hash = "$(sha256sum < body.txt | cut -d' ' -f1)";
    const put = `curl -s -o answer.txt -w '%{http_code}' -T body.txt -H "x-amz-content-sha256: ${hash}" --aws-sigv4 aws:amz:us-east-1:s3`;
    const url = `${stub.url}/books/curl/body.txt`;
    const right = await shell(`${put} -u '${STUB_KEY.id}:${STUB_KEY.secret}' '${url}'`, { cwd: folder.path });
    expect(right.stdout).toBe("200");
    expect(stub.objects.get("curl/body.txt")?.body.toString()).toBe("content\n");
    const wrong = await shell(`${put} -u '${STUB_KEY.id}:other' '${url}'; cat answer.txt`, { cwd: folder.path });
    expect(wrong.stdout).toContain("SignatureDoesNotMatch");
  });
});

describe("bucketOf", () => {
  it("takes the time from a store that is ahead of this machine's clock", async () => {
    const late = openStore(ADDRESS, { env: storeEnv(stub), state: folder.path, nowMs: () => Date.now() - 7_200_000 });
    if ("problem" in late) throw new Error(late.problem);
    own(late);
    expect(await late.bucket.put("a/x", memoryBody([text("x")]))).toBeUndefined();
    expect(stub.objects.has("a/x")).toBe(true);
  });

  it("puts, reads, lists, copies and removes keys with any characters", async () => {
    const keys = ["a/1 2+3.txt", "a/ü/…*'()!&$@=;:,?.txt", "a/%41#.txt", "a/b//c"];
    const { bucket } = store;
    for (const key of keys) expect(await bucket.put(key, memoryBody([text(key)]))).toBeUndefined();
    expect([...stub.objects.keys()].toSorted()).toEqual(keys.toSorted());
    const listed: string[] = [];
    await bucket.list("a/", ({ key }) => listed.push(key) > 0, 2);
    expect(listed).toEqual(keys.toSorted());
    for (const key of keys) {
      const pieces: Uint8Array[] = [];
      expect(await bucket.read(key, (piece) => void pieces.push(piece))).toBe(true);
      expect(Buffer.concat(pieces).toString()).toBe(key);
      expect(await bucket.copy(key, `${key}.copy`)).toBeUndefined();
      expect(stub.objects.get(`${key}.copy`)?.body.toString()).toBe(key);
      expect(await bucket.remove(key)).toBeUndefined();
    }
    expect(await bucket.read(keys[0] ?? "", () => {})).toBe(false);
  });

  it.each([
    ["honoured", "lost", "first"],
    ["refused", "last-wins", "second"],
    ["ignored", "won", "second"],
  ] as const)("commits once where If-None-Match is %s: the second is %s", async (condition, second, winner) => {
    stub.condition = condition;
    expect(["won", "last-wins"]).toContain(await store.bucket.putIfAbsent("commit", text("first")));
    expect(await store.bucket.putIfAbsent("commit", text("second"))).toBe(second);
    expect(stub.objects.get("commit")?.body.toString()).toBe(winner);
  });

  it("commits where the answer is lost, and where another commit is under way", async () => {
    const faults = ["reset late", { status: 409, code: "ConditionalRequestConflict" }] as const;
    let next = 0;
    stub.fault = ({ headers }) => (headers["if-none-match"] === undefined ? undefined : faults[next++]);
    expect(await store.bucket.putIfAbsent("commit", text("ours"))).toBe("won");
    stub.objects.set("commit", { body: Buffer.from("theirs"), type: undefined });
    expect(await store.bucket.putIfAbsent("commit", text("ours"))).toBe("lost");
  });

  it("sends what it puts with 64 requests at a time, and no more", async () => {
    stub.hold = 64;
    const many = Array.from({ length: 300 }, (_, i) => store.bucket.put(`a/${i}`, memoryBody([text("x")])));
    expect((await Promise.all(many)).every((one) => one === undefined)).toBe(true);
    expect(stub.most).toBe(64);
  });

  it("ends at once where the run is stopped, and says so", async () => {
    stub.fault = () => ({ status: 503, code: "SlowDown" });
    const putting = store.bucket.put("a/1", memoryBody([text("x")]));
    store.abort();
    expect(await putting).toMatchObject({ code: "ABORTED", retry: false });
  });

  it("names the store's reason once trying again has not helped", async () => {
    stub.fault = () => ({ status: 503, code: "SlowDown", message: "Please reduce your request rate." });
    const problem = await store.first.put("a/1", memoryBody([text("x")]));
    expect(problem?.problem).toBe("503 SlowDown: Please reduce your request rate., in 4 tries");
  });
});

describe("abortLeftUploads", () => {
  it("aborts the uploads that a killed run has left, with and without their ids, and no others", async () => {
    stub.uploads.set("other", { key: "b/1", parts: new Map(), type: undefined });
    stub.uploads.set("longer", { key: "a/12", parts: new Map(), type: undefined });
    stub.uploads.set("nameless", { key: "a/1", parts: new Map(), type: undefined });
    const id = await store.bucket.beginUpload("a/2");
    folder.list(
      [
        '{"key":"a/1"}',
        '{"key":"a/2"}',
        `{"key":"a/2","id":"${id}"}`,
        '{"key":"a/3"}',
        '{"key":"a/3","id":"gone"}',
        '{"key":"a/3","ended":true}',
        '{"key":"a/4","id":"was aborted"}',
        '{"key":"a/5","id":"cu',
      ],
      "uploads",
    );
    expect(await opened().abortLeftUploads()).toBeUndefined();
    expect([...stub.uploads.keys()].toSorted()).toEqual(["longer", "other"]);
    expect(await opened().abortLeftUploads()).toBeUndefined();
  });

  it("removes a log in which all uploads have ended", async () => {
    const log = folder.list(['{"key":"a/1"}', '{"key":"a/1","ended":true}'], "uploads");
    expect(await store.abortLeftUploads()).toBeUndefined();
    expect(existsSync(log)).toBe(false);
  });
});
