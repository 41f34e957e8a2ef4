/** An address cannot be listened on. */
export class ListenError extends Error {
  override name = 'ListenError';
}
