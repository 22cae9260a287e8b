// The command.

import { exitProcess } from "../src/app/exit-process.ts";
import { main } from "../src/cli/main.ts";

// Everything is flushed by then. To wait for the end instead would be to wait for V8's compiler threads: 0.1 s.
void main(process.argv, process.env).then(exitProcess);
