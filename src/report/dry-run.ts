// The text of --dry-run: what a run would do, in a few lines.

import { FACTS, type FailureKind } from "../core/failure.ts";
import { escaped } from "../core/text/escape.ts";
import { durationText, thousands } from "./format.ts";

/** What is shown of a dry run. */
export interface DryRunView {
  readonly lines: number;
  readonly invalid: ReadonlyMap<FailureKind, number>;
  readonly duplicates: number;
  readonly isPartial: boolean;
  readonly named: number;
  readonly firstName: string | undefined;
  readonly hosts: ReadonlyMap<string, { readonly lines: number }>;
  readonly earlier?: {
    readonly saved: number;
    readonly failed: number;
    readonly skipped: number;
    readonly removed: number;
  };
  readonly left: number;
  readonly leastMs: number;
}

/** Number of hosts that are shown. */
const SHOWN_HOSTS = 10;

/** `names`: those of the lists. `folder`: the output folder. `isLimited`: a rate is given, so that there is a least time. */
export function dryRunText(
  view: DryRunView,
  {
    names,
    folder,
    isLimited,
  }: { readonly names: readonly string[]; readonly folder: string; readonly isLimited: boolean },
): string {
  const { lines, duplicates, isPartial, named, firstName, earlier, left, leastMs } = view;
  const orMore = isPartial ? " or more" : "";
  const invalid = [...view.invalid].sort(([, a], [, b]) => b - a);
  const failing = invalid.reduce((sum, [, count]) => sum + count, 0);
  const first = firstName === undefined ? "" : `, such as ${escaped(firstName)}`;
  const shown = names.map((name) => (name === "-" ? "(stdin)" : escaped(name))).join(", ");
  return [
    `lines       ${thousands(lines)} in ${shown}`,
    `invalid     ${thousands(failing)}`,
    ...invalid.map(([kind, count]) => `            ${thousands(count)} ${kind} (${FACTS[kind].label})`),
    `duplicates  ${thousands(duplicates)}${orMore}`,
    `names       ${thousands(named)} of the list, ${thousands(lines - named)} by the template${first}`,
    `hosts       ${thousands(view.hosts.size)}${orMore}`,
    ...hostLines(view),
    earlier === undefined ? `folder      ${folder}: no earlier run` : `folder      ${folder}: ${earlierText(earlier)}`,
    `to do       ${thousands(left)}${isLimited ? `, in ${durationText(leastMs)} or more` : ""}`,
  ].join("\n");
}

function hostLines({ hosts }: DryRunView): string[] {
  const top = [...hosts].sort(([, a], [, b]) => b.lines - a.lines).slice(0, SHOWN_HOSTS);
  const all = [...hosts.values()].reduce((sum, { lines }) => sum + lines, 0);
  return top.map(
    ([host, { lines }]) => `            ${((100 * lines) / all).toFixed(1).padStart(5)} %  ${thousands(lines)} ${host}`,
  );
}

function earlierText({ saved, failed, skipped, removed }: NonNullable<DryRunView["earlier"]>): string {
  const counts = [
    `${thousands(saved)} saved`,
    ...(failed > 0 ? [`${thousands(failed)} failed for good`] : []),
    ...(skipped > 0 ? [`${thousands(skipped)} skipped`] : []),
  ];
  return counts.join(", ") + (removed > 0 ? `; ${thousands(removed)} saved lines are not in the list` : "");
}
