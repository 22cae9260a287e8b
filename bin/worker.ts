// Entry point of a worker process, which the command starts with --workers.
import { work } from "../src/app/worker.ts";

work();
