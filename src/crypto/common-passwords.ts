let common: Promise<ReadonlySet<string>> | null = null;

/**
 * Whether a password, in NFC and lower case, is one of those that are tried first: 49,000 common and breached ones, the list of zxcvbn, that
 * come with its package. It is loaded when the first new password comes, which takes some 30 ms once and 3 MB from then on.
 *
 * @throws when the package cannot be loaded.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  common ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common']));
  return (await common).has(password);
}
