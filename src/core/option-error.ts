// An option that cannot be used: thrown before anything is begun, for the caller to mend.

import { withoutUserinfo } from "./userinfo.ts";

/** The message names the option, what is wrong with it, and what would do. */
export class OptionError extends Error {
  /** Its name in the library, where it is one option's fault. */
  readonly option: string | undefined;
  constructor(message: string, option?: string) {
    super(withoutUserinfo(message));
    this.option = option;
  }
}
