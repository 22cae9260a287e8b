// Where the bytes came from and what they are: the hosts, the sizes of bodies, and their types.

import { bytesText, durationText, thousands } from "../format.ts";
import type { HostCounts, Statistics } from "../statistics/statistics.ts";
import { byteAxis, countLabel, linearAxis } from "./axes.ts";
import { type Html, html, shortened } from "./html.ts";
import { bar, plot } from "./plot.ts";
import { type Section, section } from "./section.ts";
import { countText, numbers, shareText, table } from "./table.ts";
import { columns, joined, rangeOf } from "./times.ts";

const SIZES_PX = 120;

export function hostsSection({ hosts, hostCount }: Statistics): Section {
  const title = "Hosts";
  if (hosts.length === 0) return section("hosts", title, "No URL has a host.", "");
  const count = hostCount.isExact
    ? countText(hostCount.hosts, "host")
    : `more than ${countText(hostCount.hosts, "host")}`;
  const estimated = hosts.some(({ maxError }) => maxError > 0);
  const sentence = html`${hosts.length < hostCount.hosts ? `The ${hosts.length} with most URLs, of ${count}.` : hosts.length === 1 ? "All URLs are of one host." : `${count}, those with most URLs first.`} The share is that of the time of all requests.${
    estimated
      ? " A number after ≤ may be too high by the one in brackets: there were more hosts than are counted one by one."
      : ""
  }`;
  return section("hosts", title, sentence, hostTable(hosts));
}

function hostTable(hosts: readonly HostCounts[]): Html {
  const most = Math.max(0.001, ...hosts.map(({ share = 0 }) => share));
  return table(
    "Hosts",
    [
      { title: "host", kind: "url", cell: ({ host }) => shortened(host, 60) },
      {
        title: "URLs",
        cell: ({ urls, maxError }) => atMost(urls, maxError),
        value: ({ urls }) => urls,
      },
      { title: "bytes", cell: ({ bytes }) => bytesText(bytes), value: ({ bytes }) => bytes },
      {
        title: "failed",
        cell: ({ failed, maxFailedError }) => atMost(failed, maxFailedError),
        value: ({ failed }) => failed,
      },
      { title: "median", cell: ({ p50Ms }) => timeText(p50Ms), value: ({ p50Ms }) => p50Ms },
      { title: "p95", cell: ({ p95Ms }) => timeText(p95Ms), value: ({ p95Ms }) => p95Ms },
      {
        title: "share of time",
        cell: ({ share }) => (share === undefined ? "" : shareText(share, 1)),
        value: ({ share }) => share,
      },
      { title: "", kind: "bar", cell: ({ share = 0 }) => bar(share / most) },
    ],
    hosts,
    { isPart: true },
  );
}

/** A number of heavy hitters: exact, or too high by at most `error`. */
export function atMost(count: number, error: number): string {
  return error > 0 ? `≤ ${thousands(count)} (${thousands(error)})` : thousands(count);
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? "" : durationText(ms);
}

export function bodiesSection({ sizes, types, counts }: Statistics): Section {
  const title = "Bodies";
  const saved = sizes.counts.reduce((sum, count) => sum + count, 0);
  if (saved === 0) return section("bodies", title, "No body is here.", "");
  const range = rangeOf([sizes]);
  const [least, most] = range;
  const drawn = joined(sizes, range);
  const x = byteAxis(Math.max(1, least), most, sizeLabel);
  const y = linearAxis(Math.max(...drawn.counts), countLabel);
  const chart = plot({
    label: `Sizes of ${thousands(saved)} bodies, from ${bytesText(least)} to ${bytesText(most)}`,
    heightPx: SIZES_PX,
    x,
    y,
    hasTicks: true,
    shapes: [columns(drawn, x, y, SIZES_PX, "ht")],
  });
  const used = sizes.counts.flatMap((count, i) =>
    count > 0 ? [{ from: sizes.bounds[i] ?? 0, to: sizes.bounds[i + 1] ?? 0, count }] : [],
  );
  const sentence = `How large the ${saved === 1 ? "body is" : `${thousands(saved)} bodies are`}, ${bytesText(counts.bytes)} together, and what they are. The axis is logarithmic.`;
  return section("bodies", title, sentence, [
    chart,
    numbers(
      table(
        "Sizes of bodies",
        [
          { title: "at least", cell: ({ from }) => bytesText(from), value: ({ from }) => from },
          { title: "less than", cell: ({ to }) => bytesText(to), value: ({ to }) => to },
          { title: "bodies", cell: ({ count }) => thousands(count) },
        ],
        used,
      ),
    ),
    ...(types.length === 0
      ? []
      : [
          html`<h3>Types</h3><p class="says">By the Content-Type of the answer, those with most bytes first.</p>`,
          typeTable(types),
        ]),
  ]);
}

function sizeLabel(bytes: number): string {
  return bytesText(bytes).replace(".0 ", " ");
}

function typeTable(types: Statistics["types"]): Html {
  const most = Math.max(1, ...types.map(({ bytes }) => bytes));
  return table(
    "Types of bodies",
    [
      { title: "type", kind: "url", cell: ({ type }) => shortened(type, 60) || "none given" },
      { title: "bodies", cell: ({ urls }) => thousands(urls) },
      { title: "bytes", cell: ({ bytes }) => bytesText(bytes), value: ({ bytes }) => bytes },
      { title: "", kind: "bar", cell: ({ bytes }) => bar(bytes / most) },
    ],
    types,
    { isPart: true },
  );
}
