import { isAppError } from '@cloudstage/protocol';
import { listVersions } from '../../db/application-versions.js';
import { updateApplication } from '../../db/applications.js';
import { isUniqueViolation } from '../../db/rows.js';
import type { ApplicationVersionRow } from '../../db/schema.js';
import { splitArguments } from '../../domain/program-arguments.js';
import { isRunnableVersion } from '../../domain/version-state.js';
import { normaliseProgramPath } from '../../storage/program-path.js';
import type { ServiceDeps } from '../deps.js';
import type { Prefetch } from '../nodes/prefetch.js';
import { accessApplication, accessForChange, applicationNotFound } from './access.js';
import type { ApplicationServices, InvalidInput, ModifyBaseInfoInput } from './contract.js';
import { invalidName, isDisplayName, takenName } from './create-application.js';
import { applicationLimits } from './limits.js';
import type { LoadPackageIndex, PackageIndex } from './package-index.js';
import { isMobile } from './package-names.js';
import { explainProgram } from './program-check.js';
import { firstToPublish, prefetchOnline, switchOnline } from './publish-version.js';

const invalid = (field: InvalidInput['field'], message: string): InvalidInput => ({ type: 'invalid', field, message });

/** The version that questions about "the package" mean: the one that is online, else the newest that can run. */
export function chooseVersion(versions: readonly ApplicationVersionRow[]): ApplicationVersionRow | null {
  const runnable = versions.filter(({ state }) => isRunnableVersion(state));
  return runnable.find(({ state }) => state === 'in-use') ?? runnable[0] ?? null;
}

/** Reads the package that questions about an application mean; null when there is none. */
export async function loadChosenPackage(
  deps: ServiceDeps,
  loadIndex: LoadPackageIndex,
  applicationId: string,
): Promise<PackageIndex | null> {
  const version = chooseVersion(await listVersions(deps.database.executor, applicationId));
  return version?.manifestSha256 == null ? null : loadIndex(version.manifestSha256);
}

function checkInput(input: ModifyBaseInfoInput): InvalidInput | null {
  const path = normaliseProgramPath(input.entryPath);
  if (path === '' || path.split('/').includes('..')) {
    return invalid('entryPath', 'the path must name a file inside the package');
  }
  if (input.processNames.length > applicationLimits.processNames) {
    return invalid('processNames', `an application has at most ${applicationLimits.processNames} process names`);
  }
  if (input.processNames.some((name) => name.length > applicationLimits.processNameChars || name.includes('/'))) {
    return invalid('processNames', 'a process name is a file name without directory');
  }
  if (input.window.use === 'window' && input.window.name === '' && input.window.className === '') {
    return invalid('window', 'give the title or the class of the window');
  }
  if (input.name !== null && !isDisplayName(input.name)) return invalidName;
  if (input.stores?.some((store) => store.enabled) === true) {
    return invalid('stores', 'this installation has no customer buckets, so a store cannot be switched on');
  }
  return checkArguments(input.parameters ?? '');
}

function checkArguments(text: string): InvalidInput | null {
  try {
    splitArguments(text);
    return null;
  } catch (error) {
    if (!isAppError(error, 'too-many-arguments')) throw error;
    return invalid('parameters', error.message);
  }
}

/** Columns that the input changes. New parameters replace also those that the operator gave as a list. */
function patchOf(input: ModifyBaseInfoInput) {
  const { window, parameters, name, stores } = input;
  return {
    entryPath: normaliseProgramPath(input.entryPath),
    processNames: input.processNames,
    windowUse: window.use,
    windowName: window.name,
    windowClassName: window.className,
    captureMode: window.captureMode,
    ...(parameters === null ? {} : { parameters, args: [] }),
    ...(name === null ? {} : { name }),
    ...(stores === null ? {} : { stores: stores.map(({ enabled: _off, ...store }) => store) }),
  };
}

/** Creates the use case. The first version goes online with it: nothing else has to be decided then. */
export function createModifyBaseInfo(
  deps: ServiceDeps,
  prefetch: Prefetch,
  loadIndex: LoadPackageIndex,
): ApplicationServices['modifyBaseInfo'] {
  return async (caller, input) => {
    const { applicationId } = input;
    const found = await accessApplication(deps.database.executor, caller, applicationId);
    if (found.type !== 'granted') return found;
    const refusal = checkInput(input);
    if (refusal !== null) return refusal;
    // Read before the transaction: a store may be slow.
    const index = await loadChosenPackage(deps, loadIndex, applicationId);
    const missing = index === null ? null : explainProgram(index, input.entryPath);
    if (missing !== null) return invalid('entryPath', missing);
    try {
      const outcome = await deps.database.transaction(async (tx) => {
        const access = await accessForChange(tx, caller, applicationId);
        if (access.type !== 'granted') return applicationNotFound;
        if (isMobile(access.application.kind)) {
          return invalid('application', 'the application is a mobile one; use ModifyMobileApplicationInfo');
        }
        await updateApplication(tx, applicationId, patchOf(input));
        const versions = await listVersions(tx, applicationId);
        const first = firstToPublish(versions);
        const isChecked = first !== null && first.manifestSha256 === index?.manifestSha256;
        return { type: 'modified' as const, online: isChecked ? await switchOnline(tx, versions, first.id) : null };
      });
      if (outcome.type !== 'modified') return outcome;
      if (outcome.online !== null) prefetchOnline(prefetch, outcome.online);
      return { type: 'modified' };
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return takenName;
    }
  };
}

/** Creates the use case. */
export function createRenameMobileApplication(deps: ServiceDeps): ApplicationServices['renameMobileApplication'] {
  return async (caller, { applicationId, name }) => {
    if (!isDisplayName(name)) return invalidName;
    try {
      return await deps.database.transaction(async (tx) => {
        const access = await accessForChange(tx, caller, applicationId);
        if (access.type !== 'granted') return access;
        if (!isMobile(access.application.kind)) {
          return invalid('application', 'the application is a desktop one; use ModifyApplicationBaseInfo');
        }
        await updateApplication(tx, applicationId, { name });
        return { type: 'renamed' };
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return takenName;
    }
  };
}
