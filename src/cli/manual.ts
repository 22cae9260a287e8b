// Entry point of the texts about the command: help and completion scripts. Loaded only when one is printed.

export { completionScript } from "./manual/completion-script.ts";
export { helpText } from "./manual/help-page.ts";
