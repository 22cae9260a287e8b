// The report's page in Chromium: no request leaves it, hostile text is harmless, it is accessible, fits a phone, and its script works.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportPage } from "../../../src/report/page/page.ts";
import { statisticsOf } from "../../../src/report/statistics/fold.ts";
import type { Statistics } from "../../../src/report/statistics/statistics.ts";
import { failed, saved, skipped } from "../../core/outcomes.ts";
import { madeUp, twoRuns } from "../../report/page/made-up.ts";
import { ownFolder } from "../../support/own.ts";
import { CHROMIUM, launched, openedPage } from "../../support/process/chromium.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const HOSTILE = [
  "</script><img src=x onerror=alert(1)>",
  "\"'><svg onload=alert(2)>",
  "\u202egpj.exe\u2066\u0000\u001b[31m",
  "javascript:alert(3)",
  "<style>body{display:none}</style><meta http-equiv=refresh content=0;url=http://127.0.0.1:9/>",
  "<".repeat(61_440),
  `http://h/${"]]>&lt;".repeat(200)}`,
];

/** A record has the text wherever a record has text from outside. */
function hostile(): Statistics {
  const records = HOSTILE.flatMap((text, i) => [
    saved({ n: 3 * i + 1, url: text, type: text, file: text, final_url: text }),
    failed({ n: 3 * i + 2, url: `http://${text}/`, detail: text, retried_after: [text] }),
    skipped({ n: 3 * i + 3, url: text, reason: text, detail: text }),
  ]);
  const runs = HOSTILE.map((text, i) => ({
    startAtMs: i * 1000,
    version: text,
    command: text,
    auto: [{ ms: 1, inFlight: 2, urlsPerSecond: 3, reason: text }],
  }));
  return statisticsOf(records, { folders: HOSTILE, runs, unreadable: 0 });
}

const SMALL = madeUp({ urls: 40, failing: 0.2, perSecond: 60, runs: twoRuns(1600) });
/** High enough for the whole chronology. */
const PHONE = { width: 390, height: 1200 };
const DESK = { width: 1280, height: 1200 };

describe.skipIf(CHROMIUM === undefined)("the page in Chromium", () => {
  const folder = ownFolder();
  let browser: Browser;
  beforeAll(async () => {
    browser = await launched();
  });
  afterAll(() => browser.close());
  const open = (statistics: Statistics, options?: BrowserContextOptions) =>
    openedPage(browser, folder.at("report.html"), reportPage(statistics, "1.2.3", 0), options);

  it("asks for nothing, and complains about nothing", async () => {
    const { page, requests, complaints } = await open(SMALL, { viewport: DESK });
    await page.waitForLoadState("networkidle");
    expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
  });

  it.each([true, false])("shows hostile text, and runs none of it (scripts: %s)", async (javaScriptEnabled) => {
    const { page, requests, complaints } = await open(hostile(), { javaScriptEnabled });
    await page.waitForLoadState("networkidle");
    expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
    expect(await page.locator("img, body svg[onload], meta[http-equiv=refresh], a:not([href^='#'])").count()).toBe(0);
    expect(await page.locator("style").count()).toBe(1);
    const text = await page.locator("main").textContent();
    expect(text).toContain("<img src=x onerror=alert(1)>");
    expect(text).toContain("\\u{202e}gpj.exe\\u{2066}\\x00\\x1b[31m");
    expect(text).not.toMatch(/[\u202e\u2066\u0000\u001b]/);
  });

  it("has the same texts, charts and tables with scripts off", async () => {
    const contents = [];
    for (const javaScriptEnabled of [true, false]) {
      const { page } = await open(SMALL, { javaScriptEnabled, viewport: DESK });
      if (javaScriptEnabled)
        await page.evaluate("document.querySelectorAll('.filter, #chrono .bar').forEach((one) => one.remove())");
      for (const summary of await page.locator("summary").all()) await summary.click();
      contents.push({
        text: ((await page.locator("main").textContent()) ?? "").replace(/\s+/g, " "),
        rows: await page.locator("tr").count(),
        paths: await page.locator("svg path").count(),
      });
      await page.context().close();
    }
    expect(contents[0]).toEqual(contents[1]);
    expect(contents[0]?.rows).toBeGreaterThan(150);
  });

  it.each([
    { colorScheme: "light", viewport: PHONE },
    { colorScheme: "dark", viewport: DESK },
  ] as const)("has no serious finding of axe ($colorScheme, $viewport.width wide)", async (options) => {
    for (const statistics of [SMALL, madeUp({ urls: 0 }), hostile()]) {
      const { page } = await open(statistics, { ...options, bypassCSP: true });
      for (const summary of await page.locator(".numbers > summary").all()) await summary.click();
      // axe does not judge contrast on a gradient, which is at the edges of tables that scroll.
      await page.addStyleTag({ content: ".box{background:none!important}" });
      await page.evaluate(AXE);
      const { violations } = (await page.evaluate("axe.run()")) as {
        violations: { id: string; impact: string; nodes: { html: string }[] }[];
      };
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
      await page.context().close();
    }
  });

  it.each([PHONE.width, 768, DESK.width])("scrolls down alone at %i pixels", async (width) => {
    for (const statistics of [SMALL, hostile()]) {
      const { page } = await open(statistics, { viewport: { width, height: 800 } });
      for (const summary of await page.locator(".numbers > summary").all()) await summary.click();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      await page.context().close();
    }
  });

  it("sorts and filters tables", async () => {
    const { page, complaints } = await open(SMALL, { viewport: DESK });
    const rows = page.locator("#rows tbody tr");
    const totals = async () => {
      const texts = await rows.locator("td:nth-child(8)").allInnerTexts();
      return texts.map((text) => Number(text.replace(/,/g, "")));
    };
    await page.locator("#rows th button", { hasText: "total" }).click();
    const falling = await totals();
    expect(falling).toEqual([...falling].sort((a, b) => b - a));
    await page.locator("#rows th button", { hasText: "total" }).click();
    expect(await totals()).toEqual([...falling].sort((a, b) => a - b));
    await page.locator("#rows input").fill("CDN3.example");
    const shown = await rows.filter({ visible: true }).allInnerTexts();
    expect(shown.length).toBeGreaterThan(1);
    expect(shown.every((text) => text.includes("cdn3.example"))).toBe(true);
    expect(await page.locator("#rows output").textContent()).toBe(`${shown.length} of 40`);
    expect(complaints).toEqual([]);
  });

  it("zooms into the chronology and says what a line is, by mouse and keyboard", async () => {
    const { page, complaints } = await open(SMALL, { viewport: DESK });
    const lines = page.locator("#lines");
    await lines.scrollIntoViewIfNeeded();
    const box = (await lines.boundingBox()) ?? expect.fail("the chronology is not drawn");
    const shown = async () => (await page.locator("#lines .s").getAttribute("viewBox"))?.split(" ").map(Number) ?? [];
    const [, , wide = 0, high = 0] = await shown();

    await page.mouse.move(box.x + 200, box.y + 16 * 4 + 8); // the fifth row
    expect(await page.locator(".what").textContent()).toContain("https://cdn5.example.org/images/2026/11/000005.jpg");
    await page.mouse.down();
    await page.mouse.move(box.x + 200 + box.width / 4, box.y + 16 * 4 + 8 + high / 4, { steps: 3 });
    await page.mouse.up();
    const [, , zoomedWide = 0, zoomedHigh = 0] = await shown();
    expect(zoomedWide).toBeCloseTo(wide / 4, 0);
    expect(zoomedHigh).toBeCloseTo(high / 4, 0);
    await page.keyboard.press("Escape");
    expect((await shown()).slice(2)).toEqual([wide, high]);

    await lines.focus();
    for (const key of ["Home", "ArrowDown", "ArrowDown", "+"]) await page.keyboard.press(key);
    expect(await page.locator(".what").textContent()).toMatch(
      /^3 · failed: http_status 404 after 33.3 ms: waiting .* ms, first byte .* ms/,
    );
    expect((await shown())[2]).toBeCloseTo(wide / 2, 0);
    await page.getByRole("button", { name: "All requests" }).click();
    expect((await shown())[2]).toBe(wide);
    expect(complaints).toEqual([]);
  });

  it("says what a line of the chronology is to a finger, and follows two fingers", async () => {
    const { page, complaints } = await open(SMALL, { viewport: PHONE, hasTouch: true });
    const lines = page.locator("#lines");
    await lines.scrollIntoViewIfNeeded();
    const box = (await lines.boundingBox()) ?? expect.fail("the chronology is not drawn");
    await page.touchscreen.tap(box.x + 60, box.y + 16 * 2 + 8);
    expect(await page.locator(".what").textContent()).toContain("000003.jpg");
    const client = await page.context().newCDPSession(page);
    const at = (...xs: number[]) => xs.map((x, id) => ({ x: box.x + x, y: box.y + 100, id }));
    await client.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(140, 180) });
    await client.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(100, 220) });
    await client.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    const [, , wide = 1000] = (await page.locator("#lines .s").getAttribute("viewBox"))?.split(" ").map(Number) ?? [];
    expect(wide).toBeLessThan(600);
    expect(complaints).toEqual([]);
  });

  it("prints each chart, and the beginning of the long table", async () => {
    const { page } = await open(madeUp({ urls: 400 }), { viewport: DESK, colorScheme: "dark" });
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("#rows tbody tr").filter({ visible: true }).count()).toBe(100);
    expect(await page.locator(".tools, .filter, nav").filter({ visible: true }).count()).toBe(0);
    expect(await page.locator("figure").filter({ visible: true }).count()).toBeGreaterThan(8);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    // A heading and its sentence stay with the chart below them.
    const breaks = "[...document.querySelectorAll('.says')].map((one) => getComputedStyle(one))";
    expect(
      await page.evaluate(`${breaks}.every((style) => style.breakInside + style.breakAfter === "avoidavoid")`),
    ).toBe(true);
    await page.setViewportSize({ width: 690, height: 1000 }); // A4 between its margins
    const row = await page.locator("#rows tbody tr").first().boundingBox();
    expect(row?.height).toBeLessThan(50);
  });
});
