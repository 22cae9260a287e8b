// What failed: by kind and status with whether another try may help, by host, and all status codes.

import { FACTS } from "../../core/failure.ts";
import { statusName } from "../failure-words.ts";
import { thousands } from "../format.ts";
import type { FailureCount, HostCounts, Statistics } from "../statistics/statistics.ts";
import { atMost } from "./hosts.ts";
import { type Html, html, shortened } from "./html.ts";
import { bar } from "./plot.ts";
import { type Section, section } from "./section.ts";
import { countText, shareText, table } from "./table.ts";

export function failuresSection({ counts, failures, failingHosts, statuses }: Statistics): Section {
  const { failed, retryable } = counts;
  const title = "Failures";
  const codes =
    statuses.length === 0
      ? []
      : [
          html`<h3>Status codes</h3><p class="says">The last answer to each URL that got one.</p>`,
          statusTable(statuses),
        ];
  if (failed === 0) return section("failures", title, "No URL failed.", codes);
  const sentence = html`${countText(failed)} failed, ${shareText(failed, counts.urls)} of all. ${
    retryable === 0
      ? "None of them is"
      : retryable === failed
        ? "All of them are"
        : html`<strong>${thousands(retryable)} of them</strong> ${retryable === 1 ? "is" : "are"}`
  } worth another try: the same command tries ${retryable === 1 ? "it" : "them"} again.`;
  return section(
    "failures",
    title,
    retryable === 0
      ? html`${countText(failed)} failed, ${shareText(failed, counts.urls)} of all. None of them is worth another try.`
      : sentence,
    [
      failureTable(failures),
      ...(failingHosts.length === 0
        ? []
        : [
            html`<h3>Hosts with most failures</h3><p class="says">The whole bar is all URLs of the host, its first part those that failed.</p>`,
            hostTable(failingHosts),
          ]),
      ...codes,
    ],
  );
}

function failureTable(failures: readonly FailureCount[]): Html {
  const most = Math.max(1, ...failures.map(({ urls }) => urls));
  return table(
    "Failures by kind and status",
    [
      {
        title: "what happened",
        kind: "text",
        cell: (failure) => html`${whatHappened(failure)} <code>${failure.error}</code>`,
      },
      {
        title: "another try",
        kind: "text",
        cell: ({ isRetryable }) => (isRetryable ? html`<span class="yes">↻ may help</span>` : "✕ is no use"),
      },
      { title: "URLs", cell: ({ urls }) => thousands(urls) },
      { title: "", kind: "bar", cell: ({ urls, isRetryable }) => bar(urls / most, isRetryable ? "again" : "lost") },
    ],
    failures,
    { isPart: true },
  );
}

/** "404 Not Found", "connection refused" */
function whatHappened({ error, status }: FailureCount): string {
  const label: string = Object.hasOwn(FACTS, error) ? FACTS[error].label : error;
  if (status === undefined) return label;
  return error === "http_status" ? statusText(status) : `${label} (${statusText(status)})`;
}

function statusText(status: number): string {
  const name = statusName(status);
  return name === undefined ? String(status) : `${status} ${name}`;
}

function hostTable(hosts: readonly HostCounts[]): Html {
  const most = Math.max(1, ...hosts.map(({ urls }) => urls));
  return table(
    "The hosts with most failures",
    [
      { title: "host", kind: "url", cell: ({ host }) => shortened(host, 60) },
      {
        title: "failed",
        cell: ({ failed, maxFailedError }) => atMost(failed, maxFailedError),
        value: ({ failed }) => failed,
      },
      { title: "of", cell: ({ urls, maxError }) => atMost(urls, maxError), value: ({ urls }) => urls },
      {
        title: "share",
        cell: ({ failed, urls }) => shareText(failed, urls),
        value: ({ failed, urls }) => failed / Math.max(1, urls),
      },
      { title: "", kind: "bar", cell: ({ failed, urls }) => partBar(failed / most, urls / most) },
    ],
    hosts,
    { isPart: true },
  );
}

function partBar(part: number, whole: number): Html {
  const [dark, light] = [part, whole].map((share) => Math.round(Math.max(share > 0 ? 0.005 : 0, share) * 1000) / 10);
  return html`<svg class="bar part" width="100%" height="10" aria-hidden="true"><rect width="${light}%" height="10"/><rect class="lost" width="${dark}%" height="10"/></svg>`;
}

function statusTable(statuses: Statistics["statuses"]): Html {
  const most = Math.max(1, ...statuses.map(({ urls }) => urls));
  return table(
    "Status codes",
    [
      { title: "status", kind: "text", cell: ({ status }) => statusText(status) },
      { title: "URLs", cell: ({ urls }) => thousands(urls) },
      { title: "", kind: "bar", cell: ({ status, urls }) => bar(urls / most, status >= 400 ? "lost" : "") },
    ],
    statuses,
    { isPart: true },
  );
}
