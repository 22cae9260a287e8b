// Entry point of the thread that writes small bodies; src/sink/directory/writer-thread.ts starts it.
import { workerData } from "node:worker_threads";
import { runWriter } from "../src/sink/directory/writer-loop.ts";
import type { WriterMemory } from "../src/sink/directory/writer-memory.ts";

runWriter(workerData as WriterMemory);
