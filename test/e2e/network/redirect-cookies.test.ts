// Pages that set a cookie and redirect to themselves are fetched, except with --no-cookies.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { ROOT, recordsOf } from "../../support/command.ts";
import { linesOf, own, ownFolder } from "../../support/own.ts";
import { type Act, host } from "../../support/rude/host.ts";

const folder = ownFolder();
const serve = async (act: Act) => own(await host(act));
const run = (lines: readonly string[], ...args: string[]) => folder.run(["-", ...args], { stdin: linesOf(lines) });
const records = () => [...recordsOf(folder.at("downloads")).values()];

/** Answers a request with the page's own cookie; redirects any other one to set it. */
const wall: Act = (response, { path, headers }) => {
  if (path === "/robots.txt") return void response.writeHead(404).end();
  const pass = `pass=${path.slice(1)}`;
  if (headers.cookie !== pass) response.writeHead(302, { location: path, "set-cookie": `${pass}; Path=/` }).end();
  else if (headers["if-none-match"] === '"x"') response.writeHead(304).end();
  else response.setHeader("etag", '"x"').end("in\n");
};
const pages = (origin: string) => Array.from({ length: 40 }, (_, i) => `${origin}/${i}`);

describe("a list of pages that set a cookie and redirect to themselves", () => {
  it.each([
    ["no option"],
    ["--workers 2", "--workers", "2"],
    ["--robots", "--robots"],
    ["--per-host 1", "--per-host", "1"],
  ])("is saved with %s", async (_, ...args) => {
    const { origin } = await serve(wall);
    const { code, stderr } = await run(pages(origin), ...args);
    expect(code, stderr).toBe(0);
    expect(records().map((one) => one.outcome === "saved" && one.attempts)).toEqual(Array(40).fill(1));
    for (const page of [1, 40])
      expect(readFileSync(folder.at("downloads", `0000${`${page}`.padStart(2, "0")}`))).toEqual(Buffer.from("in\n"));
  });

  it("is unchanged with -u", async () => {
    const { origin } = await serve(wall);
    expect((await run(pages(origin))).code).toBe(0);
    const { code, stderr } = await run(pages(origin), "-u");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("40 unchanged");
  });

  it("is saved where the redirects lead to another host and back, with --per-host 1", async () => {
    const other = await serve((response, { path }) => {
      response.writeHead(302, { location: `${origin}${path}`, "set-cookie": "other=1; Path=/" }).end();
    });
    const { origin } = await serve((response, { path, headers }) => {
      if (headers.cookie === "pass=1") return void response.end("in\n");
      response.writeHead(302, { location: `${other.origin}${path}`, "set-cookie": "pass=1; Path=/" }).end();
    });
    const { code, stderr } = await run(pages(origin), "--per-host", "1", "-c", "10");
    expect(code, stderr).toBe(0);
  });

  it.each([
    [["--no-cookies"], {}],
    [[], { BULKGET_NO_COOKIES: "1" }],
  ])("fails with redirect_limit with arguments %j and environment %j", async (args, env) => {
    const { origin } = await serve(wall);
    const { code } = await folder.run(["-", ...args], { stdin: linesOf([`${origin}/x`]), env });
    expect(code).toBe(1);
    expect(records()).toMatchObject([{ outcome: "failed", error: "redirect_limit" }]);
  });
});

it("tough-cookie is loaded only when a redirect sets a cookie", async () => {
  const { origin } = await serve((response, { path }) => {
    if (path === "/x") return void response.setHeader("set-cookie", "b=1").end();
    response.writeHead(302, { location: "/x", ...(path === "/sets" && { "set-cookie": "a=1" }) }).end();
  });
  const [hook, said] = [folder.at("hook.cjs"), folder.at("said.txt")];
  const save = `require("node:fs").writeFileSync(${JSON.stringify(said)}, Object.keys(require.cache).join("\\n"))`;
  writeFileSync(hook, `process.on("exit", () => ${save});\n`);
  const env = { NODE_OPTIONS: `--require=${hook}` };
  const isLoaded = async (path: string) => {
    const { code, stderr } = await folder.run(["-", "--force"], { stdin: linesOf([`${origin}${path}`]), env });
    expect(code, stderr).toBe(0);
    return readFileSync(said, "utf8").includes("tough-cookie");
  };
  expect(await isLoaded("/moved")).toBe(false);
  expect(await isLoaded("/x")).toBe(false);
  expect(await isLoaded("/sets")).toBe(true);
});

it("the library has the option noCookies", async () => {
  const { origin } = await serve(wall);
  const library = pathToFileURL(`${ROOT}/dist/lib/index.mjs`).href;
  const { bulkget } = (await import(library)) as typeof import("../../../src/index.ts");
  const outcomes = async (noCookies: boolean) => {
    const all: unknown[] = [];
    for await (const one of bulkget([`${origin}/x`], { output: "memory", noCookies })) all.push(one);
    return all;
  };
  expect(await outcomes(false)).toMatchObject([{ outcome: "saved" }]);
  expect(await outcomes(true)).toMatchObject([{ outcome: "failed", error: "redirect_limit" }]);
});
