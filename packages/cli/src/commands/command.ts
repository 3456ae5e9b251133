import type { Command } from 'commander';

/** What a command talks to; decides which options it has. */
export type CommandTarget = 'api' | 'instance';

/** Declaration of a command. */
export interface CommandSpec {
  /** Name and arguments, `show <app-id>`. */
  readonly usage: string;
  readonly description: string;
  readonly target: CommandTarget;
  /** Whole command lines without `cloudstage`, shown by `--help`. */
  readonly examples: readonly string[];
}

/** Adds a command with the options that all of its kind have, and its examples. The caller adds its own and the action. */
export function addCommand(parent: Command, spec: CommandSpec): Command {
  const command = parent
    .command(spec.usage)
    .description(spec.description)
    .option(
      '--config <file>',
      'configuration of the instance on this machine (default: cloudstage.yaml, if there is one)',
    )
    .option('--json', 'print the answer as JSON');
  if (spec.target === 'api') {
    command
      .option('--endpoint <url>', 'URL of the cloud API (default: configured one, or the instance on this machine)')
      .option(
        '--secret-id <id>',
        'access key; its secret is taken from CLOUDSTAGE_CLI_SECRET_KEY or the configuration',
      );
  }
  const lines = spec.examples.map((example) => `  $ cloudstage ${example}`);
  return command.addHelpText('after', ['', lines.length === 1 ? 'Example:' : 'Examples:', ...lines].join('\n'));
}

/** Adds a group of commands: `cloudstage <name> …`. */
export function addGroup(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description);
}
