#!/usr/bin/env node
// Starts main.ts, with the code that V8 made of it when it was built.
import { join } from "node:path";
import { run } from "./compiled.ts";

run(join(import.meta.dirname, "main.cjs"));
