// Reduces the records of a run to statistics, in one pass and bounded memory.

import type { Outcome } from "../../core/job.ts";
import { bodiesFold } from "./bodies.ts";
import { hostsFold } from "./hosts.ts";
import { type Measured, measured } from "./measured.ts";
import { outcomesFold } from "./outcomes.ts";
import { phasesFold } from "./phases.ts";
import { samplesFold } from "./samples.ts";
import type { Statistics } from "./statistics.ts";
import { timelineFold } from "./timeline.ts";

const SHOWN_HOSTS = 50;
const SHOWN_FAILING_HOSTS = 20;

/** What the statistics have beside records. */
export interface Surroundings extends Pick<Statistics, "folders" | "runs">, Partial<Pick<Statistics, "shards">> {
  /** Lines of the journal that are not records. */
  readonly unreadable: number;
}

export interface StatisticsFold {
  /** `whole`: returns the record itself, for the few that are shown one by one. */
  add(record: Measured, whole: () => Outcome): void;
  statistics(surroundings: Surroundings): Statistics;
}

/** The result does not depend on the order of the records, but for ties and for hosts beyond those that are counted exactly. */
export function statisticsFold(): StatisticsFold {
  const outcomes = outcomesFold();
  const timeline = timelineFold();
  const phases = phasesFold();
  const hosts = hostsFold();
  const bodies = bodiesFold();
  const samples = samplesFold();
  return {
    add(record, whole) {
      outcomes.add(record);
      timeline.add(record);
      phases.add(record);
      hosts.add(record);
      bodies.add(record);
      samples.add(record, whole);
    },
    statistics({ folders, runs, shards = [], unreadable }) {
      const oneAtATimeMs = outcomes.oneAtATimeMs();
      return {
        folders,
        span: timeline.span(),
        counts: { ...outcomes.counts(), unreadable },
        oneAtATimeMs,
        runs,
        shards,
        timeline: timeline.timeline(),
        chronology: samples.chronology(),
        phases: phases.phases(),
        failures: outcomes.failures(),
        statuses: outcomes.statuses(),
        hosts: hosts.hosts(SHOWN_HOSTS, oneAtATimeMs),
        failingHosts: hosts.failingHosts(SHOWN_FAILING_HOSTS, oneAtATimeMs),
        hostCount: hosts.hostCount(),
        types: bodies.types(),
        sizes: bodies.sizes(),
        rows: samples.rows(),
      };
    },
  };
}

/** The statistics of records, each the last one of its line. */
export function statisticsOf(
  records: Iterable<Outcome>,
  surroundings: Surroundings = { folders: [], runs: [], unreadable: 0 },
): Statistics {
  const fold = statisticsFold();
  for (const record of records) fold.add(measured(record), () => record);
  return fold.statistics(surroundings);
}
