import type { ServiceDeps } from '../deps.js';
import { createAccessKeyUseCases } from './access-keys.js';
import { createAccountUseCases } from './accounts.js';
import type { AccountServices } from './contract.js';
import { createReseal } from './reseal.js';
import type { SigningKeys } from './signing-keys.js';

/** Builds the use cases of accounts and their keys. */
export function createAccountServices(deps: ServiceDeps, signingKeys: SigningKeys): AccountServices {
  return {
    ...createAccountUseCases(deps, signingKeys),
    ...createAccessKeyUseCases(deps, signingKeys),
    resealSecrets: createReseal(deps),
  };
}
