// After random edits of failed.txt, each later run keeps the user's lines or is refused, and changes no saved file.

import { existsSync, readFileSync, rmSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type BulkgetOptions, bulkget } from "../../../src/index.ts";
import { recordsOf } from "../../support/command.ts";
import { editFile } from "../../support/folders/again.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { body, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const out = (...more: readonly string[]) => folder.at("out", ...more);

const PATHS = ["/a", "/b", "/c", "/d", "/e", "/f"];
const FAILING = ["/b", "/d", "/f"];
const RUNS = Number(process.env["EDITED_RUNS"] ?? 50);

async function run(list: string, options: BulkgetOptions = {}): Promise<void> {
  const all = { outputDir: out(), retries: 0, durability: "none", minFree: 0, ...options } as const;
  for await (const _ of bulkget(list, all)) void _;
}

/** The lines that a user adds, by kind. */
const ADDED = {
  comment: () => "# look at these again",
  commented: () => `# ${server.url("/c")}\t000003`,
  numbered: () => `${server.url("/new")}\tnew.txt\tn=99`,
  bare: () => server.url("/bare"),
  text: () => "not a URL",
};
type Added = keyof typeof ADDED;

type Edit =
  | readonly ["add", Added, number]
  | readonly ["remove", number]
  | readonly ["reverse"]
  | readonly ["blank", number];

/** The forms in which an editor may save the file. */
const FORMS: Readonly<Record<string, (text: string) => string | Buffer>> = {
  "as it is": (text) => text,
  "with CRLF": (text) => text.replaceAll("\n", "\r\n"),
  "with a byte order mark": (text) => `\ufeff${text}`,
  "without the last line feed": (text) => text.trimEnd(),
  "in UTF-16": (text) => Buffer.from(`\ufeff${text.replaceAll("\n", "\r\n")}`, "utf16le"),
};

it(
  "failed.txt keeps the lines and comments that a user added, through random later runs",
  async () => {
    let isUp = false;
    for (const path of [...PATHS, "/new", "/bare"]) {
      const answer = body(pageOf(path), { "content-type": "text/plain" });
      const isFailing = FAILING.includes(path) || path === "/new";
      server.answers.set(path, (request, response) => (isFailing && !isUp ? status(404) : answer)(request, response));
    }
    const urls = folder.list(PATHS.map((path) => server.url(path)));
    const at = fc.nat(9);
    const edit: fc.Arbitrary<Edit> = fc.oneof(
      fc.tuple(fc.constant("add" as const), fc.constantFrom(...(Object.keys(ADDED) as Added[])), at),
      fc.tuple(fc.constant("remove" as const), at),
      fc.tuple(fc.constant("reverse" as const)),
      fc.tuple(fc.constant("blank" as const), at),
    );
    const act = fc.tuple(fc.constantFrom("fed back", "the list", "all again", "forced", "stopped"), fc.boolean());
    await fc.assert(
      fc.asyncProperty(
        fc.array(edit, { maxLength: 4 }),
        fc.constantFrom(...Object.keys(FORMS)),
        fc.array(act, { minLength: 1, maxLength: 3 }),
        async (edits, form, acts) => {
          rmSync(out(), { recursive: true, force: true });
          isUp = false;
          await run(urls);
          let lines = readFileSync(out("failed.txt"), "utf8").trimEnd().split("\n");
          const added = new Set<Added>();
          for (const [kind, ...how] of edits) {
            const [one, two] = how;
            if (kind === "add" && typeof one === "string" && !added.has(one)) {
              lines = lines.toSpliced(two ?? 0, 0, ADDED[one]());
              added.add(one);
            } else if (kind === "remove" && typeof one === "number")
              lines = lines.filter(
                (line, i) => i !== one || !FAILING.some((path) => line.startsWith(`${server.url(path)}\t`)),
              );
            else if (kind === "reverse") lines = lines.toReversed();
            else if (kind === "blank" && typeof one === "number") lines = lines.toSpliced(one, 0, "");
          }
          const isTheirs = !lines.some((line) => /\t000\d|\tn=99/.test(line) && !line.startsWith("#"));
          editFile(out("failed.txt"), FORMS[form]?.(`${lines.join("\n")}\n`) ?? "");

          let wasTried = false;
          for (const [how, up] of acts) {
            isUp = up;
            const before = existsSync(out("failed.txt")) ? readFileSync(out("failed.txt")) : undefined;
            try {
              if (how === "fed back") {
                if (before === undefined) continue;
                await run(out("failed.txt"));
              } else if (how === "forced") await run(urls, { force: true });
              else if (how === "stopped") await run(urls, { signal: AbortSignal.abort(new Error("stopped")) });
              else await run(urls, { retryFailed: how === "all again" });
            } catch (error) {
              expect((error as Error).message).toMatch(/failed\.txt(:\d+)?: |stopped|no URL|another list|lies in/);
              if (before !== undefined) expect(readFileSync(out("failed.txt"))).toEqual(before);
            }
            const text = existsSync(out("failed.txt")) ? readFileSync(out("failed.txt")) : Buffer.alloc(0);
            const left = text[0] === 0xff ? text.toString("utf16le") : text.toString("utf8");
            for (const one of added) {
              // Once tried, it is an ordinary line: it is saved, or removed with a list that lacks it.
              if (one === "numbered" && (wasTried || recordsOf(out()).has(99))) wasTried = true;
              else expect(left).toContain(ADDED[one]());
            }
            const records = [...recordsOf(out()).values()];
            for (const { n, outcome, url, file } of records) {
              const path = new URL(url).pathname;
              if (outcome === "saved") expect(readFileSync(out(file ?? ""))).toEqual(pageOf(path));
              else if (before !== undefined && !text.equals(before) && !isTheirs) expect(left).toContain(`${url}\t`);
              if (n <= 6) expect(path).toBe(PATHS[n - 1]);
            }
            for (const [i, path] of PATHS.entries()) {
              if (!FAILING.includes(path)) expect(readFileSync(out(`00000${i + 1}.txt`))).toEqual(pageOf(path));
            }
          }
        },
      ),
      { numRuns: RUNS },
    );
  },
  RUNS * 1000,
);
