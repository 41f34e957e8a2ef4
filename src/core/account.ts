export const ACCOUNT_STATUSES = ['active', 'inactive', 'banned', 'deleted'] as const;

/** `inactive` means not activated yet. */
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

export const ORGANIZATION_ROLES = ['owner', 'admin', 'member'] as const;
export type OrganizationRole = (typeof ORGANIZATION_ROLES)[number];

export interface Organization {
  id: string;
  name: string;
  createdAt: Date;
}

/** One person's account, the same one behind every dialect. */
export interface Account {
  id: string;
  /** As its owner wrote it; compared by `normalizedEmail`. */
  email: string;
  /** What the person is called, everywhere. */
  name: string;
  /** The two parts of the name, where somebody has told them apart. */
  givenName: string | null;
  familyName: string | null;
  /** Always one: a named one, or one of the account's own. */
  organization: Organization;
  organizationRole: OrganizationRole;
  status: AccountStatus;
  /** Whether the owner has proven to receive mail at the address. */
  emailVerified: boolean;
  /** A trial account; some dialects ask more of it. */
  demo: boolean;
  /** May run the service. Set from the command line alone: no request of any dialect can set it. */
  operator: boolean;
  /** Null: nobody can sign in with a password. */
  passwordHash: string | null;
  /** Grows with every new password, so that a sign-in that began before opens no session. */
  passwordVersion: number;
  /** Grows when the derived API key is revoked. */
  apiKeyVersion: number;
  createdAt: Date;
}

/** What is needed to make an account. */
export interface NewAccount {
  email: EmailAddress;
  name: string;
  givenName: string | null;
  familyName: string | null;
  /** `shared`: join the organisation of that name, or make it; `own`: make one for this account alone, whoever else's has that name. */
  organization: { kind: 'shared' | 'own'; name: string };
  status: AccountStatus;
  emailVerified: boolean;
  demo: boolean;
  operator: boolean;
  passwordHash: string | null;
}

/** An address that has the form of one. Made by `parseEmailAddress` alone. */
export type EmailAddress = string & { readonly brand: unique symbol };

/** What people change of their own account by themselves. What is left out stays. */
export interface ProfileChanges {
  name?: string;
}
