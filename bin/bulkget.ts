#!/usr/bin/env node
// Starts the command.
import "./main.ts";
