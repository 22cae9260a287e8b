// The recipes of docs/clusters.md for schedulers that cannot run here: parsed, and their rules applied to our exit codes.

import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { arrayShard } from "../../src/cli/command-line/array-job.ts";
import { EXIT_CODES } from "../../src/cli/exit-code.ts";
import { blocks, pageText } from "./blocks.ts";

/** What a rule of Kubernetes or AWS Batch says of an exit code. */
interface FailurePolicyRule {
  readonly action: string;
  readonly onExitCodes?: {
    readonly containerName: string;
    readonly operator: string;
    readonly values: readonly number[];
  };
  readonly onPodConditions?: readonly { readonly type: string }[];
}

interface IndexedJob {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: {
    readonly completions: number;
    readonly completionMode: string;
    readonly backoffLimitPerIndex: number;
    readonly podFailurePolicy: { readonly rules: readonly FailurePolicyRule[] };
    readonly template: {
      readonly spec: {
        readonly restartPolicy: string;
        readonly containers: readonly { readonly name: string; readonly command: string[]; readonly args: string[] }[];
        readonly volumes: readonly { readonly name: string }[];
      };
    };
  };
}

interface JobDefinition {
  readonly retryStrategy: {
    readonly attempts: number;
    readonly evaluateOnExit: readonly { readonly onExitCode: string; readonly action: string }[];
  };
  readonly containerProperties: { readonly command: readonly string[] };
}

const PAGE = "docs/clusters.md";
const block = (language: string) => blocks(language).find(({ page }) => page === PAGE)?.text ?? "";

/** The parser of YAML that is inside playwright-core. */
const { yaml } = createRequire(import.meta.url)("playwright-core/lib/utilsBundle") as {
  readonly yaml: { parse(text: string, options: { readonly strict: true }): unknown };
};

/** Exit codes after which a shard is worth another try; 137 is SIGKILL. */
const AGAIN = [
  ...[EXIT_CODES.disk, EXIT_CODES.stopped, EXIT_CODES.locked, EXIT_CODES.SIGTERM].map(({ code }) => code),
  137,
];

describe("the Job for Kubernetes", () => {
  const job = yaml.parse(block("yaml"), { strict: true }) as IndexedJob;
  const { spec } = job;

  it("is an Indexed Job with what backoffLimitPerIndex and FailIndex need", () => {
    expect(job).toMatchObject({ apiVersion: "batch/v1", kind: "Job" });
    expect(spec).toMatchObject({ completionMode: "Indexed", template: { spec: { restartPolicy: "Never" } } });
    const [container] = spec.template.spec.containers;
    expect(spec.podFailurePolicy.rules).toContainEqual({
      action: "FailIndex",
      onExitCodes: { containerName: container?.name, operator: "In", values: expect.any(Array) },
    });
    expect(container).toMatchObject({ volumeMounts: [{ name: spec.template.spec.volumes[0]?.name }] });
  });

  it("fails an index at once after exit code 2, and tries it again after others, for more than a minute", () => {
    const failsAtOnce = (code: number) =>
      spec.podFailurePolicy.rules.some(
        (rule) => rule.action === "FailIndex" && rule.onExitCodes?.values.includes(code),
      );
    expect(failsAtOnce(EXIT_CODES.usage.code)).toBe(true);
    expect(AGAIN.filter(failsAtOnce)).toEqual([]);
    // https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy: 10 s, 20 s, 40 s …
    const waitedSeconds = 10 * (2 ** spec.backoffLimitPerIndex - 1);
    expect(waitedSeconds).toBeGreaterThan(60); // a lock whose machine is gone is free after that time
  });

  it("gives the first and the last index a shard of as many as there are", () => {
    const { completions } = spec;
    const [args = ""] = spec.template.spec.containers[0]?.args ?? [];
    const typed = Number(/--shard auto\/(\d+)/.exec(args)?.[1]);
    expect(typed).toBe(completions);
    for (const index of [0, completions - 1])
      expect(arrayShard({ JOB_COMPLETION_INDEX: `${index}` }, typed)).toMatchObject({
        index: index + 1,
        count: completions,
      });
    expect(arrayShard({ JOB_COMPLETION_INDEX: `${completions}` }, typed)).toHaveProperty("problem");
    expect(args).toMatch(/ exec bulkget .* --fail-on never$/); // SIGTERM goes to the first process of a container
  });
});

describe("the job definition for AWS Batch", () => {
  const { retryStrategy, containerProperties } = JSON.parse(block("json")) as JobDefinition;

  it("ends after exit code 2, and retries after others", () => {
    // https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html: the first rule that matches; else a retry
    const actionAfter = (code: number) =>
      retryStrategy.evaluateOnExit.find(({ onExitCode }) =>
        onExitCode.endsWith("*") ? `${code}`.startsWith(onExitCode.slice(0, -1)) : `${code}` === onExitCode,
      )?.action ?? "RETRY";
    expect(actionAfter(EXIT_CODES.usage.code)).toBe("EXIT");
    expect(AGAIN.map(actionAfter)).toEqual(AGAIN.map(() => "RETRY"));
    expect(retryStrategy.attempts).toBeLessThanOrEqual(10); // the maximum
    expect(containerProperties.command.at(-1)).toMatch(/ exec bulkget .* --shard auto --fail-on never$/);
  });
});

it("the script for Slurm queues a task again after the codes that are worth it, but not if it was cancelled or killed", () => {
  const [, codes = ""] = /case \$code in\n {2}([\d |]+)\)/.exec(block("slurm")) ?? [];
  const left = AGAIN.filter((code) => code !== EXIT_CODES.SIGTERM.code && code !== 137);
  expect(codes.split(" | ").map(Number)).toEqual(left);
});

it("the page has each scheduler's own number of shards, and none besides", () => {
  const numbers = [...pageText(PAGE).matchAll(/--shard \S*?auto\/(\d+)/g)].map(([, n]) => n);
  expect(new Set(numbers)).toEqual(new Set(["64"]));
});
