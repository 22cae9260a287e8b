// Entry point of the process that downloads chunks for `bulkget work`.
import { serveChunks } from "../src/app/fleet/chunk-process.ts";

serveChunks();
