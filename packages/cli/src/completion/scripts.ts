import { AppError } from '@cloudstage/protocol';
import type { CompletionNode, Described } from './tree.js';

/** Shells that completion is made for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
/** One of {@link shells}. */
export type Shell = (typeof shells)[number];

/** A word in single quotes, whatever it holds; the same in all three shells except that fish escapes by backslash. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const quoteFish = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const words = (list: readonly Described[]): string => list.map(({ word }) => word).join(' ');
const commandPaths = (nodes: readonly CompletionNode[]): readonly string[] =>
  nodes.map(({ path }) => path).filter((path) => path !== '');

/** Follows the words that are commands, so that options and arguments in between do not matter. */
const walk = (name: string, nodes: readonly CompletionNode[]): readonly string[] => [
  `    case "\${at:+$at }$${name}" in`,
  `      ${commandPaths(nodes).map(quote).join('|')}) at="\${at:+$at }$${name}" ;;`,
  '    esac',
];

function bash(nodes: readonly CompletionNode[]): string {
  const cases = nodes.map(
    ({ path, commands, options }) =>
      `    ${quote(path)}) commands=${quote(words(commands))}; options=${quote(words(options))} ;;`,
  );
  return [
    '# bash completion of cloudstage',
    '_cloudstage() {',
    `  local current="\${COMP_WORDS[COMP_CWORD]}" at="" word commands="" options=""`,
    `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    ...walk('word', nodes),
    '  done',
    '  case "$at" in',
    ...cases,
    '  esac',
    '  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current"))',
    // Without a command to offer, -o default completes file names.
    '  else COMPREPLY=($(compgen -W "$commands" -- "$current")); fi',
    '}',
    'complete -o default -F _cloudstage cloudstage',
  ].join('\n');
}

function zsh(nodes: readonly CompletionNode[]): string {
  const items = (list: readonly Described[]): string =>
    list.map(({ word, description }) => quote(`${word}:${description.replaceAll(':', '\\:')}`)).join(' ');
  const cases = nodes.map(
    ({ path, commands, options }) =>
      `    ${quote(path)}) commands=(${items(commands)}); options=(${items(options)}) ;;`,
  );
  return [
    '#compdef cloudstage',
    '_cloudstage() {',
    '  local at="" word',
    '  local -a commands options',
    `  for word in "\${(@)words[2,CURRENT-1]}"; do`,
    ...walk('word', nodes),
    '  done',
    '  case "$at" in',
    ...cases,
    '  esac',
    `  if [[ "\${words[CURRENT]}" == -* ]]; then _describe -o 'option' options`,
    `  elif (( \${#commands} )); then _describe 'command' commands`,
    '  else _files; fi',
    '}',
    'compdef _cloudstage cloudstage',
  ].join('\n');
}

function fish(nodes: readonly CompletionNode[]): string {
  const lines = nodes.flatMap(({ path, commands, options }) => {
    const condition = quoteFish(`test (__cloudstage_path) = "${path}"`);
    return [
      ...commands.map(
        ({ word, description }) => `complete -c cloudstage -f -n ${condition} -a ${word} -d ${quoteFish(description)}`,
      ),
      ...options.map(
        ({ word, description }) =>
          `complete -c cloudstage -n ${condition} -l ${word.replace(/^--/, '')} -d ${quoteFish(description)}`,
      ),
    ];
  });
  return [
    '# fish completion of cloudstage',
    'function __cloudstage_path',
    '  set -l path ""',
    '  for word in (commandline -opc)[2..-1]',
    '    set -l next (string trim -- "$path $word")',
    `    contains -- $next ${commandPaths(nodes).map(quoteFish).join(' ')}; and set path $next`,
    '  end',
    '  echo "$path"',
    'end',
    ...lines,
  ].join('\n');
}

/** The script that a shell reads. PURE. @throws AppError `option-invalid` */
export function completionScript(shell: string, nodes: readonly CompletionNode[]): string {
  switch (shell) {
    case 'bash':
      return bash(nodes);
    case 'zsh':
      return zsh(nodes);
    case 'fish':
      return fish(nodes);
    default:
      throw new AppError('option-invalid', `There is completion for ${shells.join(', ')}, not for "${shell}".`);
  }
}
