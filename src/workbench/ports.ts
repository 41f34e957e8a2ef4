import type { Outcome } from '../core/outcome.js';
import type { Ports, StoredPorts } from '../core/ports.js';
import type { AccountJobs } from './account-jobs.js';
import type { CodeModel } from './code-model.js';
import type { EncryptedCode } from './encrypted-code.js';
import type { LockedPackage, PackageIndex } from './packages.js';
import type { Language, Sandbox } from './sandbox.js';

/** What is shown of a secret. */
export interface SecretMetadata {
  name: string;
  description: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** A secret's value as it lies in the database: under a data key of its own, which lies under a key-encryption key. */
export interface SealedSecret {
  /** The working key that opens `dataKey`. */
  keyId: string;
  dataKey: Buffer;
  sealed: Buffer;
}

export interface StoredSecret extends SealedSecret {
  accountId: string;
  name: string;
}

/** Seals values of secrets, each bound to its account and name. @see NIST SP 800-57, part 1, section 6.2.3.1 (key wrapping) */
export interface SecretSealing {
  seal(accountId: string, name: string, value: string): SealedSecret;
  /** @throws Unavailable; {Error} where it does not open. */
  open(secret: StoredSecret): Promise<string>;
  /** The same secret, its data key under the current key-encryption key; what is sealed stays as it is. @throws as `open`. */
  rewrap(secret: StoredSecret): Promise<StoredSecret>;
  /** The id of the current key-encryption key. */
  currentKeyId(): string;
}

/** A package of an account's list. */
export interface OwnPackage extends LockedPackage {
  addedAt: Date;
}

/** What is shown of encrypted code. */
export interface EncryptedCodeMetadata {
  name: string;
  language: Language;
  /** Of the source. */
  sizeBytes: number;
  createdAt: Date;
  updatedAt: Date;
}

/** The rows of the workbench, beside the core's. Each may throw `Unavailable`. */
export interface WorkbenchStoredPorts extends StoredPorts {
  secrets: {
    /** Makes the secret, or gives it another value. @returns `created`: whether it is new. */
    put(secret: StoredSecret & { description: string | null }): Promise<{ secret: SecretMetadata; created: boolean }>;
    /** By name. */
    list(accountId: string): Promise<SecretMetadata[]>;
    count(accountId: string): Promise<number>;
    read(accountId: string): Promise<StoredSecret[]>;
    delete(accountId: string, name: string): Promise<boolean>;
    /** Secrets whose data keys lie under another key, in order, so many at most; and how many there are in all. */
    listNotUnder(keyId: string, page: { after: StoredSecret | null; limit: number }): Promise<{ secrets: StoredSecret[]; total: number }>;
    /** Puts another data key in place of the one that was read, unless the secret has changed meanwhile. */
    replaceDataKey(from: StoredSecret, to: StoredSecret): Promise<void>;
  };
  packages: {
    /** By name. */
    list(accountId: string): Promise<OwnPackage[]>;
    /** Puts the package into the list, in place of another version of it. */
    put(accountId: string, locked: LockedPackage): Promise<OwnPackage>;
    delete(accountId: string, name: string): Promise<boolean>;
    deleteAll(accountId: string): Promise<void>;
  };
  encryptedCode: {
    put(accountId: string, code: EncryptedCode, sizeBytes: number): Promise<{ code: EncryptedCodeMetadata; created: boolean }>;
    /** By name. */
    list(accountId: string): Promise<EncryptedCodeMetadata[]>;
    count(accountId: string): Promise<number>;
    find(accountId: string, name: string): Promise<EncryptedCode | null>;
    delete(accountId: string, name: string): Promise<boolean>;
  };
}

/** Encrypts code as its owner's own client does: a help for who tries the API. */
export interface CodeEncryption {
  encrypt(code: string, password: string, name: string, language: Language): Promise<EncryptedCode>;
}

/** What the workbench needs of the world, beside what the core needs. */
export interface WorkbenchPorts extends Ports, WorkbenchStoredPorts {
  atomically<T>(work: (stored: WorkbenchStoredPorts) => Promise<Outcome<T>>): Promise<Outcome<T>>;
  secretSealing: SecretSealing;
  codeEncryption: CodeEncryption;
  sandbox: Sandbox;
  packageIndex: PackageIndex;
  /** Null: none is configured. */
  codeModel: CodeModel | null;
  accountJobs: AccountJobs;
}
