/** Unix identity of a slot's display, sound server and program. Null: the agent's own, because it is not root. */
export type SlotUser = { readonly uid: number; readonly gid: number } | null;

/** Prefixes `argv` so that it runs as `user`, with no way back and no capability. */
export function asSlotUser(user: SlotUser, argv: readonly string[]): readonly string[] {
  if (!user) return argv;
  return [
    'setpriv',
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    '--no-new-privs',
    '--inh-caps=-all',
    '--bounding-set=-all',
    ...argv,
  ];
}

/**
 * Prefixes `argv` with new IPC and network namespaces, for the X server. Without root a user namespace must own them; it
 * maps the user to itself.
 */
export function inNewNamespaces(user: SlotUser, argv: readonly string[]): readonly string[] {
  return ['unshare', ...(user ? [] : ['--user', '--map-current-user']), '--ipc', '--net', ...argv];
}

/**
 * Prefixes `argv` so that it shares the X server's IPC namespace: Mesa passes frames to it by SysV shared memory and dies
 * with `BadValue` when the server cannot attach.
 */
export function inIpcNamespaceOf(user: SlotUser, pid: number, argv: readonly string[]): readonly string[] {
  const own = user ? [] : [`--user=/proc/${pid}/ns/user`, '--preserve-credentials'];
  return ['nsenter', ...own, `--ipc=/proc/${pid}/ns/ipc`, ...argv];
}
