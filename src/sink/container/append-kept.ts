// Appends what is kept of an answer whose body is not saved.

import { bug } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";
import type { ShardPlace } from "../../core/job.ts";
import type { WriteBehind } from "../../core/ports.ts";
import { Deferred } from "../../core/structures/deferred.ts";
import { behindLead, type Group } from "./group.ts";
import type { ShardWriter } from "./shard-writer.ts";

type Kept = WriteBehind<ShardPlace | Failure>;

/** Never throws. `onError`: the failure of an errno error. */
export function appendKept(writer: ShardWriter, make: () => Group, onError: (error: unknown) => Failure): Kept {
  const coming = new Deferred<ShardPlace | Failure>();
  try {
    const group = make();
    writer.append(group).then(
      (at) => coming.resolve(behindLead(group, at)),
      (error) => coming.resolve(onError(error)),
    );
  } catch (error) {
    coming.resolve(bug(error));
  }
  return { storing: coming };
}

/** A result that is known already. */
export function alreadyStored(result: ShardPlace | Failure): Kept {
  const coming = new Deferred<ShardPlace | Failure>();
  coming.resolve(result);
  return { storing: coming };
}
