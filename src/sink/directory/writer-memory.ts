// The memory that the main and the writer thread share: a queue of files, with their paths and bodies in a ring buffer.

/**
 * Indexes into `counters`: enqueued and finished files, which wrap around; and a flag that is not 0 when nothing more
 * is written.
 */
export const ENQUEUED = 0;
export const FINISHED = 1;
export const STOPPED = 2;
const COUNTERS = 3;

/** Maximum number of queued files, a power of two; and the size of the ring buffer, in bytes. */
export const SLOTS = 256;
export const RING_BYTES = 4_194_304;

/**
 * Fields of a slot: offset in the ring buffer; lengths of the part's path, the file's path and the body in bytes; the
 * result.
 */
export const OFFSET = 0;
export const PART_BYTES = 1;
export const PATH_BYTES = 2;
export const BODY_BYTES = 3;
/** 1 if the file is written. */
export const IS_WRITTEN = 4;
export const MICROSECONDS = 5;
const SLOT_FIELDS = 6;

export interface WriterMemory {
  readonly counters: Int32Array;
  readonly slots: Int32Array;
  readonly ring: Uint8Array;
}

export function writerMemory(): WriterMemory {
  const words = (count: number) => new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  return {
    counters: words(COUNTERS),
    slots: words(SLOTS * SLOT_FIELDS),
    ring: new Uint8Array(new SharedArrayBuffer(RING_BYTES)),
  };
}

/** The index of a file's first field, by the number of files before it. */
export function slotOf(count: number): number {
  return (count & (SLOTS - 1)) * SLOT_FIELDS;
}
