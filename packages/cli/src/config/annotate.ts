import { stringify } from 'yaml';
import { choicesOf, environmentNameOf, isRecord, type KeySchema, readPath, rootSchema } from './keys.js';
import { secretKeys } from './schema.js';

/** Options of {@link annotateConfig}. */
export interface AnnotateOptions {
  /** First lines of the file, without `# `. */
  readonly header: readonly string[];
  /** Keys that are optional and unset are written as comments. */
  readonly values: unknown;
}

const commentColumns = 118;

/**
 * Writes a configuration as YAML in which every key carries its description, range, default and environment name.
 * Secrets are replaced by `(redacted)`. The output of the defaults is itself a valid configuration file. PURE.
 */
export function annotateConfig(options: AnnotateOptions): string {
  const lines = options.header.map((line) => `# ${line}`.trimEnd());
  return `${[...lines, '', ...section(rootSchema(), [], options.values)].join('\n').trimEnd()}\n`;
}

function section(schema: KeySchema, path: readonly string[], values: unknown): string[] {
  const indent = '  '.repeat(path.length);
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const childPath = [...path, name];
    if (child.properties !== undefined) {
      return [
        '',
        ...comment(child.description ?? '', indent),
        `${indent}${name}:`,
        ...section(child, childPath, values),
      ];
    }
    return leaf(child, childPath, values, indent);
  });
}

function leaf(schema: KeySchema, path: readonly string[], values: unknown, indent: string): string[] {
  const name = path.at(-1) ?? '';
  const value = readPath(values, path);
  const facts = [allowed(schema), `environment ${environmentNameOf(path)}`].filter((fact) => fact !== '');
  const text = [...comment(schema.description ?? '', indent), ...comment(`(${facts.join('; ')})`, indent)];
  if (path.length === 1) text.unshift('');
  if (value === undefined) return [...text, `${indent}# ${name}:`];
  const isEmpty = value === '' || (Array.isArray(value) && value.length === 0);
  const shown = secretKeys.has(path.join('.')) && !isEmpty ? '(redacted)' : value;
  return [...text, `${indent}${name}: ${scalar(shown)}`];
}

function allowed(schema: KeySchema): string {
  const parts: string[] = [];
  const choices = choicesOf(schema);
  if (choices.length > 0) parts.push(choices.join(' | '));
  if (schema.minimum !== undefined && schema.maximum !== undefined)
    parts.push(`${schema.minimum} to ${schema.maximum}`);
  if (schema.default !== undefined) parts.push(`default ${scalar(schema.default)}`);
  else parts.push('optional');
  return parts.join(', ');
}

/** One-line YAML of a text, number, boolean or list. */
function scalar(value: unknown): string {
  if (Array.isArray(value) || isRecord(value)) return JSON.stringify(value);
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + 3 + line.length + word.length > commentColumns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].filter((part) => part !== '').map((part) => `${indent}# ${part}`);
}
