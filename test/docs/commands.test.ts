// Every command block of README.md and docs/*.md runs as it is shown, against a site of the test's own.

import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { BIN, filesOf, type Ran, shell } from "../support/command.ts";
import { installed } from "../support/network/servers.ts";
import { linesOf, own, ownFolder } from "../support/own.ts";
import { type Block, blocks } from "./blocks.ts";
import { type ExampleSite, exampleSite } from "./example-site.ts";

const FLEET = "needs a queue and the folder /data; test/e2e/fleet runs such commands";

/** Lines that cannot run here, and why. The rest of their block runs. */
const NOT_RUN: Readonly<Record<string, string>> = {
  "npm install -g bulkget": "installs from the registry",
  "npm install bulkget": "installs from the registry",
  'redis-server --appendonly yes --bind 10.0.0.1 --requirepass "$PASSWORD" --daemonize yes':
    "listens on an address of another machine",
  "npm install -g bulkget bullmq ioredis": "installs from the registry",
  'export BULKGET_QUEUE="redis://:$PASSWORD@10.0.0.1:6379"': "no such queue; test/e2e/fleet has a Redis",
  "bulkget enqueue /data/urls.txt -o /data/out -c 50": FLEET,
  "bulkget enqueue /data/urls.txt -o s3://my-bucket/pages": "needs a queue and a store; test/e2e/fleet has both",
  "bulkget work -w 4": FLEET,
  "bulkget watch": FLEET,
  "bulkget watch --metrics 9100 --progress plain": FLEET,
  "bulkget report /data/out": FLEET,
  "bulkget enqueue /data/urls.txt -o /data/by-host --shard-by host --per-host 4": FLEET,
  "bulkget enqueue --list-url https://example.org/urls.txt -o /data/web": FLEET,
  "zcat /data/big.gz | bulkget enqueue - -o /data/big": FLEET,
  "npm install && npm run demo": "test/readme.test.ts runs the demo, which builds nothing anew",
  "npm install && npm test": "would run itself",
  "bulkget urls.txt --metrics 9105": "the port may be in use; test/e2e/command/metrics.test.ts has ports",
  "parallel -S 4/one,4/two,4/three --workdir . --joblog jobs.log bulkget urls.txt -q -o downloads --shard {}/64 --fail-on never ::: $(seq 64)":
    "needs machines that ssh reaches",
  "bulkget pages/failed.1-of-2.txt -o pages --shard 1/2":
    "needs a shard with failures; test/e2e/scheduling/shared-folder.test.ts has one",
  "sbatch crawl.sh": "test/e2e/clusters/slurm.test.ts runs it in a Slurm",
  "sbatch --array=7 crawl.sh": "test/e2e/clusters/slurm.test.ts runs it in a Slurm",
  "sbatch --array=7,12-15 crawl.sh":
    "needs a Slurm; test/cli/command-line/array-job.test.ts has the variables of such a task",
  "kubectl apply -f crawl.yaml": "needs a Kubernetes; test/docs/clusters.test.ts parses the file and applies its rules",
  "kubectl get job crawl -o jsonpath='{.status.failedIndexes}'": "needs a Kubernetes",
  "aws batch register-job-definition --cli-input-json file://crawl.json":
    "needs an account; test/docs/clusters.test.ts parses the file and applies its rules",
  "aws batch submit-job --job-name crawl --job-queue spot --job-definition crawl --array-properties size=64":
    "needs an account",
  "bulkget urls.txt -o s3://my-bucket/pages": "no such store; test/e2e/store has stores",
  "bulkget report .bulkget --verify": "no such store; test/e2e/store has stores",
  "bulkget report s3://my-bucket/pages --verify": "no such store; test/e2e/store has stores",
  "bulkget urls.txt -x http://proxy.example.org:3128": "no such proxy; test/e2e/network/networks.test.ts has proxies",
};

interface Expected {
  /** The commands that end with another exit code than 0, after that code and a blank; default none. */
  readonly failing?: readonly string[];
  /** Files below the test's folder, after it; not those of reports. */
  readonly files?: readonly string[];
  readonly stdout?: RegExp;
}

/** The expected results of a block, beside exit code 0 of every command; the key is its first line that runs. */
const EXPECTED: Readonly<Record<string, Expected>> = {
  "npx bulkget urls.txt": { files: ["downloads/000001.html", "downloads/000002.png", "downloads/000003.json"] },
  "printf '%s\\n' https://example.org/ https://example.org/logo.png https://example.org/missing > urls.txt": {
    failing: ["1 bulkget urls.txt"],
    files: ["downloads/000001.html", "downloads/000002.png", "downloads/failed.txt"],
  },
  "README.md: bulkget urls.txt": {
    failing: [
      "1 bulkget urls.txt",
      "1 bulkget urls.txt --retry-failed",
      "1 bulkget downloads/failed.txt",
      "1 bulkget urls.txt --update",
      "1 bulkget urls.txt --force",
    ],
  },
  "docs/resume-and-update.md: bulkget urls.txt": {
    failing: ["1 bulkget urls.txt", "1 bulkget urls.txt --retry-failed", "1 bulkget downloads/failed.txt"],
  },
  "printf 'https://example.org/a.jpg\\tcats/one.jpg\\nhttps://example.org/b/c.jpg\\n' > named.txt": {
    files: [
      "by-list/cats/one.jpg",
      "by-list/000002.jpg",
      "by-host/example.org/000000001.html",
      "in-folders/000/000001.html",
    ],
  },
  "for try in 1 2 3; do": { files: ["downloads/000003.json"] },
  "jq -ac 'select(.outcome == \"failed\") | [.n, .error, .detail, .url]' downloads/results.jsonl": {
    stdout: /^\[4,"http_status","404 Not Found","https:\/\/example\.org\/missing"\]$/m,
  },
  "./crawl | bulkget - -q -o pages --name '{host}/{n:9}{ext}' --report - | jq -r 'select(.outcome == \"saved\") | .file'":
    {
      stdout: /^example\.org\/000000002\.png$/m,
      files: ["pages/example.org/000000003.json"],
    },
  "bulkget urls.txt more.txt": {
    files: ["downloads/000004.jpg", "from-gzip/000002.png", "from-stdin/000002.png", "one/000001.png"],
  },
  "bulkget --list-url https://example.org/more.txt -o from-web": { files: ["from-web/000001.jpg"] },
  "README.md: bulkget --list-url https://example.org/list --list-kind json --list-items '$.FileNames[*]' \\": {
    files: ["downloads/000003.jpg"],
  },
  "docs/lists.md: bulkget --list-url https://example.org/list --list-kind json --list-items '$.FileNames[*]' \\": {
    files: ["listed/000003.jpg"],
  },
  "bulkget --list-url 'https://example.org/bucket/?prefix=photos/' --list-kind s3 -o bucket": {
    files: ["bucket/000002.jpg", "api/000003.png"],
  },
  "printf 'https://example.org/a.json\\tdata/a.json\\nhttps://example.org/b.json\\tn=42\\n' > columns.txt": {
    files: ["columns/data/a.json", "columns/000042.json"],
  },
  "printf 'id,link,file,caption\\n7,https://example.org/a.jpg,one.jpg,\"a cat, asleep\"\\n' > images.csv": {
    files: ["images/one.jpg"],
  },
  "bulkget urls.txt more.txt --rate 30/m --dry-run": { stdout: shownIn("docs/lists.md", /^lines {7}/) },
  "bulkget urls.txt --dedupe -o deduped": { files: ["deduped/000003.json"] },
  "bulkget urls.txt -o hashed --hash sha256": { files: ["hashed/000001.html"] },
  "bulkget tune urls.txt --up-to 4 --step-time 500ms": { stdout: /<- the knee/, files: ["tune.svg"] },
  "docs/clusters.md: bulkget report downloads": { stdout: /^failed {2}1 \(25 %\)$/m },
  "parallel --joblog jobs.log -j 4 bulkget urls.txt -q -o downloads --shard {}/8 --fail-on never ::: 1 2 3 4 5 6 7 8": {
    files: ["downloads/000003.json"],
  },
  "bulkget report downloads": { stdout: /^failed {2}1 \(25 %\)$[\s\S]*"urls": 4,/m, files: ["records.parquet"] },
  "bulkget urls.txt -o pages --shard 1/2": {
    files: ["pages/000003.json", "pages/results.1-of-2.jsonl", "pages/results.2-of-2.jsonl"],
    stdout: /^shards {2}2 of 2$/m,
  },
  "bulkget urls.txt --report records.jsonl": { files: ["records.jsonl"] },
  "jq -c 'select(.end) | [.begin, .exit_code, .counts.failed]' downloads/runs.jsonl": {
    stdout: /^\["20\d\d-.*Z",0,1\]$/m,
  },
  "jq -s 'group_by(.error // .outcome) | map({(.[0].error // .[0].outcome): length}) | add' downloads/results.jsonl": {
    stdout: /"http_status": 1,\n {2}"saved": 3/,
  },
  'jq -ac \'select(.outcome == "failed") | [(.url | split("/")[2]), .error]\' downloads/results.jsonl | sort | uniq -c':
    {
      stdout: /^ +1 \["example\.org","http_status"\]$/m,
    },
};

/** The block of text of a page that begins like this, as the whole output. */
function shownIn(page: string, begin: RegExp): RegExp {
  const shown = blocks("text").find((block) => block.page === page && begin.test(block.text))?.text ?? "nothing";
  return new RegExp(`^${shown.trimEnd().replace(/[$()*+.?[\\\]^{|}]/g, "\\$&")}$`, "m");
}

/** Blocks whose commands read the records of an earlier run with a failure. */
const NEEDS_A_FAILED_RUN = /downloads\/(failed\.txt|(results|runs)\.jsonl)|bulkget report downloads/;

/** Programs that some blocks need. */
const NEEDED = ["jq", "parallel"].filter((program) => installed(program) === undefined);

describe("the documentation's commands", () => {
  const folder = ownFolder();
  let site: ExampleSite;
  beforeEach(async () => {
    site = own(await exampleSite());
    folder.list(["https://example.org/", "https://example.org/logo.png", "https://example.org/data.json"]);
    folder.list(["https://example.org/more.jpg"], "more.txt");
    mkdirSync(folder.at("bin"));
    program("crawl", "cat urls.txt");
    program("bin/bulkget", `exec "${process.execPath}" "${BIN}" "$@"`);
    program("bin/npx", 'exec "$@"');
  });

  /** Appends the exit code and the text of every command that fails to the file "failing". */
  const run = (script: string): Promise<Ran> =>
    shell(`unset -f bulkget; trap 'echo "$? $BASH_COMMAND" >> failing' ERR\n${script}`, {
      cwd: folder.path,
      env: { ...site.env, PARALLEL_HOME: folder.path, PATH: `${folder.at("bin")}:${process.env["PATH"]}` },
    });

  const all = blocks("sh").filter((block) => runnable(block) !== "");

  it("every expectation and exception is for a block that a page shows", () => {
    const shown = blocks("sh").flatMap(({ text }) => text.split("\n").map(withoutComment));
    expect(Object.keys(NOT_RUN).filter((line) => !shown.includes(line))).toEqual([]);
    const keys = all.flatMap(keysOf);
    expect(Object.keys(EXPECTED).filter((key) => !keys.includes(key))).toEqual([]);
    expect(all.length).toBeGreaterThan(25);
  });

  for (const block of all) {
    const script = runnable(block);
    it.skipIf(NEEDED.some((program) => new RegExp(`\\b${program} `).test(script)))(
      `${block.page}:${block.line} runs as it is shown`,
      async () => {
        if (NEEDS_A_FAILED_RUN.test(script)) await failedRun();
        const { stdout, stderr } = await run(script);
        const expected = expectationOf(block);
        const failing = existsSync(folder.at("failing"))
          ? readFileSync(folder.at("failing"), "utf8").trimEnd().split("\n")
          : [];
        expect({ failing, stderr }).toEqual({ failing: expected.failing ?? [], stderr: expect.any(String) });
        expect(stderr).not.toMatch(/command not found|unknown option/);
        if (expected.stdout !== undefined) expect(stdout).toMatch(expected.stdout);
        const missing = (expected.files ?? []).filter((file) => !existsSync(folder.at(file)));
        expect({ missing, files: missing.length > 0 ? filesOf(folder.path) : [] }).toEqual({ missing: [], files: [] });
      },
    );
  }

  it.each(blocks("crontab"))(
    "$page:$line is an entry for cron that escapes the percent sign, and runs",
    async ({ text }) => {
      expect(text).toMatch(/^(\d+ ){1,2}(\* ?){3,4} +cd \/srv\/mirror && [^\n]*\n$/);
      expect(text.match(/(?<!\\)%/)).toBeNull();
      const script = text.replace(/^(\S+ +){5}/, "").replaceAll("\\%", "%");
      const here = script.replace("/srv/mirror", folder.path).replace("/var/lib/prometheus/node-exporter", folder.path);
      const { code, stdout, stderr } = await run(here);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
      if (!text.includes("--metrics")) return;
      expect(readFileSync(folder.at("mirror.prom"), "utf8")).toContain("\nbulkget_exit_code 0\n");
      expect(readFileSync(folder.at("report.txt"), "utf8")).toMatch(/^saved {3}3 /m);
      expect(existsSync(folder.at("report.html"))).toBe(true);
    },
  );

  function program(name: string, command: string): void {
    writeFileSync(folder.at(name), `#!/bin/sh\n${command}\n`);
    chmodSync(folder.at(name), 0o755);
  }

  /** Adds a fourth line that fails, and runs the list. */
  async function failedRun(): Promise<void> {
    appendFileSync(folder.at("urls.txt"), linesOf(["https://example.org/missing"]));
    const { code } = await run("bulkget urls.txt -q --fail-on never");
    expect(code).toBe(0);
  }
});

function withoutComment(line: string): string {
  return line.replace(/ +# .*$/, "").trimEnd();
}

function runnable({ text }: Block): string {
  const lines = text.trimEnd().split("\n");
  return lines.filter((line) => !(withoutComment(line) in NOT_RUN)).join("\n");
}

/** The block's first line that runs, and that after its page, for lines that more than one page has. */
function keysOf(block: Block): readonly string[] {
  const line = withoutComment(runnable(block).split("\n")[0] ?? "");
  return [`${block.page}: ${line}`, line];
}

function expectationOf(block: Block): Expected {
  const key = keysOf(block).find((name) => name in EXPECTED);
  return key === undefined ? {} : (EXPECTED[key] ?? {});
}
