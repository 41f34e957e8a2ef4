import ipaddr from 'ipaddr.js';

/** What one customer of a provider has at the least, and moves about in as they like. @see RFC 6177 */
const IPV6_NETWORK_BITS = 64;
/** Whoever cannot be told apart shares what is allowed to one. */
const UNKNOWN = 'unknown';

/** Who is counted as one: an IPv4 address, or the /64 of an IPv6 address; `unknown` where it is neither. */
export function networkOf(ipAddress: string | null): string {
  if (ipAddress === null || !ipaddr.isValid(ipAddress)) return UNKNOWN;
  const address = ipaddr.process(ipAddress); // an IPv4 address in the dress of an IPv6 one is an IPv4 address
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/${IPV6_NETWORK_BITS}`).toString()}/${IPV6_NETWORK_BITS}`;
}
