import { type PublicError, publicError } from '../errors/public-error.js';
import { cloudApiLimits } from '../limits.js';

/** Value of a nested parameter before coercion: forms carry only text. */
export type NestedText = string | NestedText[] | { [name: string]: NestedText };

/** Result of a decoding step whose failure is the caller's fault. */
export type Decoded<T> =
  | { readonly type: 'decoded'; readonly value: T }
  | { readonly type: 'refused'; readonly error: PublicError };

function refused(en: string, zh: string): { readonly type: 'refused'; readonly error: PublicError } {
  return { type: 'refused', error: publicError('InvalidParameter', { 'en-US': en, 'zh-CN': zh }) };
}

/**
 * Reads a query string or urlencoded body into flat parameters. `+` is a space, percent escapes are UTF-8.
 * Repeated names are refused: two readers could disagree on which of the two was signed.
 */
export function parseFormParameters(text: string): Decoded<ReadonlyMap<string, string>> {
  const parameters = new Map<string, string>();
  if (text === '') return { type: 'decoded', value: parameters };
  // Counted before decoding, so that a flood of separators costs a scan and no objects.
  if (text.split('&', cloudApiLimits.flatParameters + 1).length > cloudApiLimits.flatParameters) {
    return refused(`More than ${cloudApiLimits.flatParameters} parameters.`, '参数过多。');
  }
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.has(name)) return refused('A parameter is given twice.', '参数重复。');
    parameters.set(name, value);
  }
  return { type: 'decoded', value: parameters };
}

interface Branch {
  readonly children: Map<string, Branch | string>;
}

function insert(root: Branch, path: readonly string[], value: string): boolean {
  let branch = root;
  for (const segment of path.slice(0, -1)) {
    const child = branch.children.get(segment) ?? { children: new Map() };
    if (typeof child === 'string') return false;
    branch.children.set(segment, child);
    branch = child;
  }
  const leaf = path.at(-1) ?? '';
  if (branch.children.has(leaf)) return false;
  branch.children.set(leaf, value);
  return true;
}

function isIndex(segment: string): boolean {
  return /^(0|[1-9]\d{0,5})$/.test(segment);
}

/** Null when a list has holes or is too long. */
function toNested(node: Branch | string): NestedText | null {
  if (typeof node === 'string') return node;
  const names = [...node.children.keys()];
  if (names.length > 0 && names.every(isIndex)) {
    const list: NestedText[] = [];
    for (let index = 0; index < names.length; index += 1) {
      const child = node.children.get(String(index));
      const value = child === undefined || index > cloudApiLimits.listIndex ? null : toNested(child);
      if (value === null) return null;
      list.push(value);
    }
    return list;
  }
  // A null prototype: `__proto__` is then a name like any other and is refused as unknown later.
  const object: { [name: string]: NestedText } = Object.create(null);
  for (const [name, child] of node.children) {
    const value = toNested(child);
    if (value === null) return null;
    object[name] = value;
  }
  return object;
}

/**
 * Turns `Filters.0.Values.1=x` into nested lists and objects. Lists are 0-based and without holes. Depth, names and
 * list lengths are bounded; contradictions (`A=1&A.B=2`) are refused.
 */
export function unflattenParameters(
  parameters: Iterable<readonly [string, string]>,
): Decoded<{ readonly [name: string]: NestedText }> {
  const root: Branch = { children: new Map() };
  let count = 0;
  for (const [name, value] of parameters) {
    count += 1;
    const path = name.split('.', cloudApiLimits.nestingDepth + 1);
    if (count > cloudApiLimits.flatParameters || path.length > cloudApiLimits.nestingDepth) {
      return refused('The parameters are too many or nested too deeply.', '参数过多或嵌套过深。');
    }
    if (path.some((segment) => segment === '' || segment.length > cloudApiLimits.nameChars)) {
      return refused('A parameter name is not valid.', '参数名不合法。');
    }
    if (!insert(root, path, value)) return refused('A parameter is given twice.', '参数重复。');
  }
  const object: { [name: string]: NestedText } = Object.create(null);
  for (const [name, child] of root.children) {
    const value = toNested(child);
    if (value === null) return refused('A list has holes or is too long.', '数组下标不连续或过大。');
    object[name] = value;
  }
  return { type: 'decoded', value: object };
}

/**
 * The inverse: what SDKs send in forms and query strings. Null and undefined are left out, as they do; empty lists and
 * objects vanish.
 */
export function flattenParameters(value: Readonly<Record<string, unknown>>): Map<string, string> {
  const flat = new Map<string, string>();
  const walk = (prefix: string, node: unknown) => {
    if (node === null || node === undefined) return;
    if (typeof node === 'object') {
      for (const [name, child] of Object.entries(node)) walk(prefix === '' ? name : `${prefix}.${name}`, child);
    } else {
      flat.set(prefix, String(node));
    }
  };
  walk('', value);
  return flat;
}
