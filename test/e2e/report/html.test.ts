// `--html` of `bulkget report` and of a run: what is written, when, and over what; and the built page in Chromium.
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { CHROMIUM, launched, openedPage } from "../../support/process/chromium.ts";
import { status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
beforeEach(() => void server.answers.set("/3", status(404)));
const text = (name: string) => readFileSync(folder.at(name), "utf8");

/** A run of five URLs, of which one fails. */
function run(...args: readonly string[]) {
  const list = folder.list([1, 2, 3, 4, 5].map((n) => server.url(`/${n}`)));
  return folder.run([list, "-o", folder.at("out"), "-q", ...args]);
}

describe("bulkget report --html", () => {
  it("writes the page beside the text, and replaces an earlier page", async () => {
    await run();
    for (let times = 0; times < 2; times++) {
      const { code, stdout } = await folder.run(["report", folder.at("out"), "--html", folder.at("page.html")]);
      expect(code).toBe(0);
      expect(stdout).toContain("404");
    }
    expect(text("page.html")).toContain("5 URLs with a record.");
    expect(text("page.html")).toContain(`<td class=u>${server.url("/3")}`);
    expect(readdirSync(folder.path).sort()).toEqual(["out", "page.html", "urls.txt"]);
  });

  it("replaces no other file, follows no link, and says why", async () => {
    await run();
    writeFileSync(folder.at("mine.html"), "<h1>mine</h1>");
    symlinkSync(folder.at("elsewhere.html"), folder.at("link.html"));
    for (const [name, reason] of [
      ["mine.html", "exists and is no page of bulkget report; name another file"],
      ["link.html", "exists and is no page of bulkget report; name another file"],
      ["none/page.html", "cannot be written: ENOENT"],
    ] as const) {
      const { code, stdout, stderr } = await folder.run(["report", folder.at("out"), "--html", folder.at(name)]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(`--html ${folder.at(name)}: ${reason}`);
    }
    expect(text("mine.html")).toBe("<h1>mine</h1>");
    expect(existsSync(folder.at("elsewhere.html"))).toBe(false);
  });

  it("does not take - for a file, of which nothing would be seen", async () => {
    await run();
    for (const option of ["--html", "--parquet"]) {
      const { code, stdout, stderr } = await folder.run(["report", folder.at("out"), option, "-"]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toBe(`bulkget: ${option} -: is no name of a file; name one (./- is one)\n`);
    }
  });
});

describe("a run with --html", () => {
  it("writes the page when it is over, into its new folder as well, with the run itself", async () => {
    const page = folder.at("out", "page.html");
    expect((await run("--html", page)).code).toBe(1);
    expect(text("out/page.html")).toContain("5 URLs with a record.");
    expect(text("out/page.html")).toMatch(/The run<\/summary>.*<td>1<td class=t>[-\d: ]+<td>[\d.]+ m?s<td>1<td>/s);
    server.answers.delete("/3");
    expect((await run("--html", page, "--retry-failed")).code).toBe(0);
    expect(text("out/page.html")).toContain("The 2 runs</summary>");
    expect(text("out/page.html")).toContain("No URL failed.");
  });

  it.each([
    ["a file that is no page", "urls.txt", "exists and is no page of bulkget report"],
    ["its own records", "out/results.jsonl", "would overwrite"],
    ["its own list of failures", "out/failed.txt", "would overwrite"],
    ["its own --report", "records.jsonl", "would overwrite"],
    ["a folder that is not there", "none/page.html", "cannot be written: ENOENT"],
  ])("does not start where it would replace %s", async (_, name, reason) => {
    const { code, stderr } = await run("--html", folder.at(name), "--report", folder.at("records.jsonl"));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(reason) });
    expect(server.asked()).toEqual([]);
    expect(existsSync(folder.at("out"))).toBe(false);
  });

  it("keeps what it saved where the page cannot be written any more, says so, and ends with 1", async () => {
    const page = folder.at("page.html");
    server.answers.set("/4", (_, response) => {
      writeFileSync(page, "another program's");
      response.end("four");
    });
    const { code, stderr } = await run("--html", page, "--fail-on", "never");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `bulkget: --html ${page}: exists and is no page of bulkget report; name another file\n`,
    });
    expect(text("page.html")).toBe("another program's");
    expect(text("out/results.jsonl").match(/"outcome":"saved"/g)).toHaveLength(4);
  });

  it("writes no page where no URL was finished, and says so", async () => {
    folder.list(["# nothing today"]);
    const page = folder.at("page.html");
    const { code, stderr } = await folder.run(["urls.txt", "-o", "out", "--allow-empty", "--html", page]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`bulkget: --html ${page}: was not written: no URL was finished\n`);
    expect(existsSync(page)).toBe(false);
  });

  it("writes the page of a run that was stopped", async () => {
    const { code } = await run("--html", folder.at("page.html"), "-c", "1", "--max-failures", "1");
    expect(code).toBe(4);
    expect(text("page.html")).toContain("3 URLs with a record.");
  });
});

describe.skipIf(CHROMIUM === undefined)("the built page in Chromium", () => {
  it("has at most 10,000 bytes of script, which works", async () => {
    await run("--html", folder.at("page.html"));
    const html = text("page.html");
    const [, script = ""] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? [];
    expect(Buffer.byteLength(script)).toBeLessThanOrEqual(10_000);
    expect(script).not.toMatch(/\/\/|\/\*/); // comments are for those who change it
    const browser = own(await launched());
    const { page, requests, complaints } = await openedPage(browser, folder.at("copy.html"), html);
    expect(page.url()).toBe(pathToFileURL(folder.at("copy.html")).href);
    await page.locator("#lines").focus();
    await page.keyboard.press("End");
    expect(await page.locator(".what").textContent()).toContain(server.origin);
    await page.keyboard.press("+");
    expect(await page.locator("#lines .s").getAttribute("viewBox")).not.toMatch(/^0 0 1000 /);
    await page.locator("#rows th button", { hasText: "line" }).click();
    expect(await page.locator("#rows td:first-child").allTextContents()).toEqual(
      ["5\n", "4\n", "3\n", "2\n", "1\n"].map((one) => one.trim()),
    );
    expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
  });
});
