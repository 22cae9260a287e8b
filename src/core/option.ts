// An option that cannot be used: thrown before anything is begun, for the caller to mend.

/** The message names the option, what is wrong with it, and what would do. */
export class OptionError extends Error {}
