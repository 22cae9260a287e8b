// node:zlib, loaded when the first WARC record needs it: a run that writes files would load it for nothing.

/** Returns the module. */
export const zlib = (): typeof import("node:zlib") => process.getBuiltinModule("node:zlib");
