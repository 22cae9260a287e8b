// Entry point of the command.

import { exitProcess } from "../src/app/exit-process.ts";
import { main } from "../src/cli/main.ts";

// All output is flushed by then. Without the explicit exit, Node waits for V8's compiler threads: 0.1 s.
void main(process.argv, process.env).then(exitProcess);
