// What the command starts beside itself, with --workers.
import { work } from "../src/app/worker.ts";

work();
