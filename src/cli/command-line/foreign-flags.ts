// Names what flags of curl, wget and aria2 are called here, for the message of an unknown option.

const CONCURRENCY = "-c is the number of requests at a time";
const FOLDER = "-o is the folder to save into";
const LIST = "the list is an argument: bulkget urls.txt";
const RESUMES = "the same command resumes a run by itself";
const REDIRECTS = "redirects are followed; --max-redirs limits them";
const RETRIES = "--retries is the number of retries";
const NO_CRAWL = "only the URLs of the list are fetched, and no links are followed";
const NAMES = "--name is the template of names";
const UPDATE = "-u fetches again what has changed";
const MIN_SPEED = "--min-speed is the least speed of a body";
const MAX_SPEED = "--limit-rate is the speed of all bodies together";
const QUIET = "-q prints fatal errors only";
const LOG = "--report writes the records, 2> the messages";
const PASSWORDS = "-n takes passwords from ~/.netrc, -H sends a header";
const GET_ONLY = "every request is a GET";
const RATE = "--host-rate and --rate limit the starts per second";

/** What a flag of another tool is called here, by its name without a value. */
export const FLAGS: Readonly<Record<string, string>> = {
  "-j": CONCURRENCY,
  "-Z": CONCURRENCY,
  "--jobs": CONCURRENCY,
  "--parallel": CONCURRENCY,
  "--parallel-max": CONCURRENCY,
  "--max-concurrent-downloads": CONCURRENCY,
  "--max-connection-per-server": "--per-host is the number of requests at a time on one host",
  "-i": LIST,
  "--input": LIST,
  "--input-file": LIST,
  "-d": FOLDER,
  "-P": FOLDER,
  "-O": FOLDER,
  "--dir": FOLDER,
  "--output": FOLDER,
  "--directory-prefix": FOLDER,
  "-C": RESUMES,
  "--continue": RESUMES,
  "--continue-at": RESUMES,
  "--resume": RESUMES,
  "-N": UPDATE,
  "-z": UPDATE,
  "--timestamping": UPDATE,
  "--time-cond": UPDATE,
  "--conditional-get": UPDATE,
  "--allow-overwrite": "--force fetches everything anew",
  "--no-clobber": "files of earlier runs are kept unless -u or --force is given",
  "-L": REDIRECTS,
  "--location": REDIRECTS,
  "-t": RETRIES,
  "--retry": RETRIES,
  "--tries": RETRIES,
  "--max-tries": RETRIES,
  "-w": RATE,
  "--wait": RATE,
  "--random-wait": RATE,
  "-m": "--max-time limits the time of a URL",
  "-T": "--timeout limits the wait for headers or more data",
  "-s": QUIET,
  "--silent": QUIET,
  "--no-verbose": QUIET,
  "--summary-interval": "--progress plain prints a line per minute",
  "--no-progress": "--progress none",
  "--no-progress-meter": "--progress none",
  "--show-progress": "--progress bar",
  "-U": "-A is the User-Agent to send",
  "--load-cookies": "-b sends the cookies of a file",
  "--no-check-certificate": "-k accepts any certificate",
  "--checksum": "digests are columns of the list: sha256=…",
  "-a": LOG,
  "--append-output": LOG,
  "--log": LOG,
  "--log-file": LOG,
  "--output-file": LOG,
  "--threads": CONCURRENCY,
  "--max-threads": CONCURRENCY,
  "--parallel-immediate": CONCURRENCY,
  "--split": "each body comes over one connection; -c is the number of requests at a time",
  "--url": LIST,
  "--urls": LIST,
  "--file": LIST,
  "--retry-delay": "the delay doubles from 1 s on, and Retry-After is obeyed",
  "--retry-wait": "the delay doubles from 1 s on, and Retry-After is obeyed",
  "--waitretry": "the delay doubles from 1 s on, and Retry-After is obeyed",
  "--retry-max-time": "--max-time limits all tries of a URL",
  "--retry-all-errors": "--retry-on is the list of statuses to retry",
  "--retry-connrefused": "refused connections are retried",
  "--retry-on-http-error": "--retry-on is the list of statuses to retry",
  "-y": MIN_SPEED,
  "-Y": MIN_SPEED,
  "--speed-limit": MIN_SPEED,
  "--speed-time": MIN_SPEED,
  "--lowest-speed-limit": MIN_SPEED,
  "--max-download-limit": MAX_SPEED,
  "--max-overall-download-limit": MAX_SPEED,
  "-r": NO_CRAWL,
  "-l": NO_CRAWL,
  "-p": NO_CRAWL,
  "--recursive": NO_CRAWL,
  "--level": NO_CRAWL,
  "--mirror": NO_CRAWL,
  "--no-parent": NO_CRAWL,
  "--page-requisites": NO_CRAWL,
  "-J": NAMES,
  "--remote-name": NAMES,
  "--remote-name-all": NAMES,
  "--remote-header-name": NAMES,
  "--content-disposition": NAMES,
  "--force-directories": "--name can make folders: {host}/{path}/{basename}",
  "--create-dirs": "the output folder is created",
  "-E": "a file gets the extension of its type by itself",
  "--adjust-extension": "a file gets the extension of its type by itself",
  "-f": "an error status is a failure, and saves nothing",
  "--fail": "an error status is a failure, and saves nothing",
  "-I": GET_ONLY,
  "-X": GET_ONLY,
  "--head": GET_ONLY,
  "--spider": GET_ONLY,
  "--request": GET_ONLY,
  "--data": GET_ONLY,
  "-e": "-H 'Referer: …' sends a referrer",
  "--referer": "-H 'Referer: …' sends a referrer",
  "--user": PASSWORDS,
  "--http-user": PASSWORDS,
  "--http-password": PASSWORDS,
  "--http-passwd": PASSWORDS,
  "-K": "options are on the command line, or BULKGET_ variables",
  "--config": "options are on the command line, or BULKGET_ variables",
  "--save-session": "failed.txt in the output folder is the list of what failed",
};

/** A word that is no value, but the next flag. */
const FLAG = /^--?[a-zA-Z]/;

/** What a flag is here that takes no value in wget and aria2, where it got none; undefined for any other. `flags`: as in the option table. */
export function homonymOf(flags: string, value: string): string | undefined {
  if (!flags.startsWith("-c,") || !FLAG.test(value)) return undefined;
  return `${CONCURRENCY} here, and a run resumes by itself`;
}

/** What a flag of another tool is called here, also with a value behind it (`-j8`); undefined if it is not in the table. */
export function ownNameOf(flag: string): string | undefined {
  const name = flag.startsWith("--") ? flag : flag.slice(0, 2);
  return Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
}
