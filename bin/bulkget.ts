#!/usr/bin/env node
// The command.
import { main } from "../src/cli/main.ts";

process.exitCode = await main(process.argv, process.env);
