// Names what flags of curl, wget and aria2 are called here, for the message of an unknown option.

const CONCURRENCY = "-c is the number of requests at a time";
const FOLDER = "-o is the folder to save into";
const LIST = "the list is an argument: bulkget urls.txt";
const RESUMES = "the same command resumes a run by itself";
const REDIRECTS = "redirects are followed; --max-redirs limits them";
const RETRIES = "--retries is the number of retries";
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
  "-N": "-u fetches again what has changed",
  "--timestamping": "-u fetches again what has changed",
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
  "-s": "-q prints fatal errors only",
  "--silent": "-q prints fatal errors only",
  "--no-progress": "--progress none",
  "--no-progress-meter": "--progress none",
  "--show-progress": "--progress bar",
  "-U": "-A is the User-Agent to send",
  "--load-cookies": "-b sends the cookies of a file",
  "--no-check-certificate": "-k accepts any certificate",
  "--checksum": "digests are columns of the list: sha256=…",
  "-a": "--report writes the records, 2> the messages",
  "--append-output": "--report writes the records, 2> the messages",
};

/** What a flag of another tool is called here, also with a value behind it (`-j8`); undefined if it is not in the table. */
export function ownNameOf(flag: string): string | undefined {
  const name = flag.startsWith("--") ? flag : flag.slice(0, 2);
  return Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
}
