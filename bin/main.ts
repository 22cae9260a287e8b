// Starts the command: a function, since chunks, workers and the library load the same file of the package without starting it.

import { exitProcess } from "../src/app/exit-process.ts";
import { main } from "../src/cli/main.ts";

/** Runs the command line of this process, and ends the process. */
export function start(): void {
  // All output is flushed by then. Without the explicit exit, Node waits for V8's compiler threads: 0.1 s.
  void main(process.argv, process.env).then(exitProcess);
}
