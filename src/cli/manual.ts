// The door to all texts about the command: help and completions. Loaded only when one of them is asked for.

export { completionScript } from "./manual/completion-script.ts";
export { helpText } from "./manual/help-page.ts";
