// What a list in pages remembers between runs, and as what its finished lines count.

/** Counts of lines that an earlier run has finished: saved, failed permanently, or skipped. */
export interface DoneEarlier {
  readonly saved: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What a list in pages remembers between runs. */
export interface PageMemory {
  /** The path of the file that keeps where each page begins. */
  readonly path: string;
  /** As what a line counts that needs no work, by its number alone; undefined if it has to be fetched. */
  finished(n: number): keyof DoneEarlier | undefined;
  /** Called with each line of a page that is left out: it is still in the list. */
  leaveOut(n: number): void;
  /** Called when the last page was read. */
  onEnd(): void;
}
