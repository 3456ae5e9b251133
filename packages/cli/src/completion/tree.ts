import type { Command, Option } from 'commander';

/** A word with what it is for. */
export interface Described {
  readonly word: string;
  readonly description: string;
}

/** What can follow a command: its own commands and options. */
export interface CompletionNode {
  /** Names from the root, `app list`; empty for the root. */
  readonly path: string;
  readonly commands: readonly Described[];
  readonly options: readonly Described[];
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

function describeOption(option: Option): readonly Described[] {
  const word = option.long ?? option.short;
  return word === undefined || option.hidden ? [] : [{ word, description: oneLine(option.description) }];
}

/** Every command of the tree, the root first. PURE. */
export function completionTree(command: Command, path: readonly string[] = []): readonly CompletionNode[] {
  const help = { word: '--help', description: 'display help for command' };
  const own: CompletionNode = {
    path: path.join(' '),
    commands: command.commands.map((child) => ({ word: child.name(), description: oneLine(child.description()) })),
    options: [...command.options.flatMap(describeOption), help],
  };
  return [own, ...command.commands.flatMap((child) => completionTree(child, [...path, child.name()]))];
}
