/** A port has more work than it may queue; the same call may succeed after the wait. */
export class Overloaded extends Error {
  override name = 'Overloaded';
  /** Whole seconds that a client should wait (RFC 9110, section 10.2.3). */
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Something that the service needs, its database above all, does not answer; it may come back by itself. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}
