/** Accounts and access keys as operators manage them. Refusals are thrown as AppError with the code named at each call. */

/** A customer. Times are epoch milliseconds everywhere here. */
export interface AccountSummary {
  readonly accountId: string;
  /** Numeric id that clients see as `app_id`. */
  readonly number: number;
  readonly name: string;
  readonly enabled: boolean;
  readonly createdAt: number;
  readonly accessKeys: number;
}

/** What may be set of a key. */
export interface AccessKeySettings {
  /** A note for people, at most 64 characters. */
  readonly name: string;
  /** Patterns such as `car:*`, `car:CreateSession`, `car:Describe*`; what none allows is denied. */
  readonly permissions: readonly string[];
  /** Addresses and CIDR ranges from which the key may be used; none: from everywhere. */
  readonly sourceRanges: readonly string[];
  /** From then on the key is no longer valid; null: never. */
  readonly expiresAt: number | null;
}

/** A key without its secret. */
export interface AccessKeySummary extends AccessKeySettings {
  readonly secretId: string;
  readonly accountId: string;
  readonly enabled: boolean;
  readonly createdAt: number;
  /** To within a minute; null: never. */
  readonly lastUsedAt: number | null;
}

/** A new key: the only time its secret is shown. */
export interface NewAccessKey extends AccessKeySummary {
  readonly secretKey: string;
}

/** What became of the stored secrets. */
export interface ResealResult {
  /** Sealed anew with the current master key. */
  readonly resealed: number;
  /** Were so already. */
  readonly current: number;
  /** Ids of keys, and of sessions with a live push, whose secret neither the current nor a previous master key opens. */
  readonly unreadable: readonly string[];
}

/** Management of accounts and keys. */
export interface AccountServices {
  /** Throws `account-name-invalid`, `account-exists`, `too-many-accounts`. */
  createAccount(input: { readonly name: string }): Promise<AccountSummary>;
  /** Oldest first; there are at most 1,000. */
  listAccounts(): Promise<readonly AccountSummary[]>;
  /** Its keys stop working; sessions that run go on. Throws `account-not-found`. */
  disableAccount(accountId: string): Promise<void>;
  /** Throws `account-not-found`. */
  enableAccount(accountId: string): Promise<void>;
  /** Throws `account-not-found`, `too-many-access-keys`, `access-key-invalid`. */
  createAccessKey(input: { readonly accountId: string } & Partial<AccessKeySettings>): Promise<NewAccessKey>;
  /** Keys of one account, or of all (null), oldest first. */
  listAccessKeys(accountId: string | null): Promise<readonly AccessKeySummary[]>;
  /** Changes the settings that are given. Throws `access-key-not-found`, `access-key-invalid`. */
  modifyAccessKey(secretId: string, settings: Partial<AccessKeySettings>): Promise<AccessKeySummary>;
  /** Throws `access-key-not-found`. */
  disableAccessKey(secretId: string): Promise<void>;
  /** Throws `access-key-not-found`. */
  enableAccessKey(secretId: string): Promise<void>;
  /** Removes a key that is disabled or expired. Throws `access-key-not-found`, `access-key-in-use`. */
  deleteAccessKey(secretId: string): Promise<void>;
  /**
   * Makes a second key with the same settings; the old one is valid until `oldValidUntil` (epoch milliseconds), or until
   * its own expiry when that is earlier. Throws `access-key-not-found`, `too-many-access-keys`.
   */
  rotateAccessKey(input: { readonly secretId: string; readonly oldValidUntil: number }): Promise<NewAccessKey>;
  /** Seals all stored secrets with the current master key, so that previous ones can be thrown away. */
  resealSecrets(): Promise<ResealResult>;
}
