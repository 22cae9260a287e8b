// Entry point of the thread that verifies recorded files; src/journal/verifying/verify-files.ts starts it.
import { workerData } from "node:worker_threads";
import { runVerifier, type VerifierData } from "../src/journal/verifying/verifier-loop.ts";

runVerifier(workerData as VerifierData);
