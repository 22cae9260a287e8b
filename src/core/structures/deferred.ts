// What comes once, a little later, without a promise: for all that is done for every URL.

/** As much of a promise as it takes: `await` understands it, and a promise is one. */
export interface Thenable<T> {
  /** To be called once. Calls one of the two, once, and never before it has returned. */
  then(told: (value: T) => void, failed: (error: unknown) => void): void;
}

/**
 * One that is told by hand, once. On the path of one small URL, promises and async functions took a seventh of the
 * processor time: each is some objects and a turn through a queue, where the next step could be called at once.
 */
export class Deferred<T> implements Thenable<T> {
  private onResolve: ((value: T) => void) | undefined;
  private onReject: ((error: unknown) => void) | undefined;
  /** What came before anybody asked. */
  private early: Promise<T> | undefined;

  // biome-ignore lint/suspicious/noThenProperty: so that whoever is in no hurry can await it.
  then(told: (value: T) => void, failed: (error: unknown) => void): void {
    if (this.early !== undefined) return void this.early.then(told, failed);
    this.onResolve = told;
    this.onReject = failed;
  }

  resolve(value: T): void {
    if (this.onResolve === undefined) this.early = Promise.resolve(value);
    else this.onResolve(value);
  }

  reject(error: unknown): void {
    if (this.onReject !== undefined) return this.onReject(error);
    this.early = Promise.reject(error);
    this.early.catch(() => {}); // whoever asks hears of it
  }
}
