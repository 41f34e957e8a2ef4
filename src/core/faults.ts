/** Not now: the same call may succeed after the wait. */
abstract class Later extends Error {
  /** Whole seconds that a client should wait (RFC 9110, section 10.2.3). */
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A port has more work than it may queue. */
export class Overloaded extends Later {
  override name = 'Overloaded';
}

/** Who asks, or whom it is about, has had as many tries as are allowed for now. */
export class RateLimited extends Later {
  override name = 'RateLimited';
}

/** Something that the service needs, its database above all, does not answer; it may come back by itself. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}
