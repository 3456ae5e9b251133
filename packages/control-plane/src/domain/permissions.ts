/**
 * What an access key may do: a list of patterns over the names of actions. `car:*` allows everything, `car:CreateSession`
 * one action, `car:Describe*` all that begin so. What no pattern allows is denied, so an empty list allows nothing.
 */

/** Everything: what a key may do that was made without a list. */
export const allPermissions: readonly string[] = ['car:*'];

const pattern = /^car:([A-Za-z]*\*|[A-Za-z]+)$/;

function matches(permission: string, actionName: string): boolean {
  const name = permission.slice('car:'.length);
  return name.endsWith('*') ? actionName.startsWith(name.slice(0, -1)) : actionName === name;
}

/** Whether patterns that passed {@link findPermissionProblem} allow an action. */
export function isPermitted(permissions: readonly string[], actionName: string): boolean {
  return permissions.some((permission) => pattern.test(permission) && matches(permission, actionName));
}

/**
 * What is wrong with a pattern, in words; null when it is usable. One that allows no action of `actionNames` is a typing
 * error: it would deny in silence.
 */
export function findPermissionProblem(permission: string, actionNames: readonly string[]): string | null {
  if (!pattern.test(permission)) {
    return `"${permission}" is no permission: write car:*, car:<action> or car:<beginning of actions>*`;
  }
  if (!actionNames.some((name) => matches(permission, name))) return `"${permission}" allows no action`;
  return null;
}
