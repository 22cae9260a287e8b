// Words the errors of an output for a run whose bodies go into an object store: the folder is that of its state.

import { inStore } from "../../core/errors.ts";
import type { Source } from "../../core/ports.ts";

interface Opened {
  resume(source: Source, again?: () => Source): Promise<Source>;
  close(isVain?: boolean, isHurried?: boolean): Promise<void>;
}

export async function wordedForStore<T extends Opened>(opening: Promise<T>): Promise<T> {
  const output = await worded(opening);
  return {
    ...output,
    resume: (...given) => worded(output.resume(...given)),
    close: (...given) => worded(output.close(...given)),
  };
}

function worded<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw inStore(error);
  });
}
