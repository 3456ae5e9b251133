import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { completionScript } from './scripts.js';
import { completionTree } from './tree.js';

function tree() {
  const program = new Command('cloudstage').description('x');
  const app = program.command('app').description("the user's programs");
  app.command('list').description('list: all').option('--json', 'as JSON');
  app.command('show <id>').description('one').option('--version-id <id>', 'version');
  program.command('up').option('--config <file>', 'file');
  return completionTree(program);
}

const dir = mkdtempSync(join(tmpdir(), 'completion-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** What bash itself offers after these words. */
function offered(...words: string[]): string[] {
  const script = join(dir, 'cloudstage.bash');
  writeFileSync(script, completionScript('bash', tree()));
  const all = ['cloudstage', ...words];
  const commands = [
    `source ${script}`,
    `COMP_WORDS=(${all.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${all.length - 1}`,
    '_cloudstage',
    `printf "%s\\n" "\${COMPREPLY[@]}"`,
  ];
  const output = execFileSync('bash', ['--norc', '-c', commands.join('\n')], { encoding: 'utf8' });
  return output.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  it('offers commands, then theirs, then options, in bash itself', () => {
    expect(offered('')).toEqual(['app', 'up']);
    expect(offered('app', '')).toEqual(['list', 'show']);
    expect(offered('app', 'l')).toEqual(['list']);
    expect(offered('app', 'show', 'app-1', '--')).toEqual(['--version-id', '--help']);
    expect(offered('app', 'list', '--json', '--h')).toEqual(['--help']);
    expect(offered('app', 'show', '')).toEqual([]);
    expect(offered('up', '--c')).toEqual(['--config']);
  });

  it('has every command and option in the other shells', () => {
    for (const shell of ['zsh', 'fish']) {
      const script = completionScript(shell, tree());
      for (const text of ['app list', 'app show', 'version-id', 'json', 'config']) expect(script).toContain(text);
    }
    // Quotes and colons of descriptions must not end what they stand in.
    expect(completionScript('zsh', tree())).toContain(`'app:the user'\\''s programs'`);
    expect(completionScript('zsh', tree())).toContain(`'list:list\\: all'`);
    expect(completionScript('fish', tree())).toContain(`-a app -d 'the user\\'s programs'`);
  });

  it('refuses other shells', () => {
    expect(() => completionScript('tcsh', tree())).toThrow(/bash, zsh, fish/);
  });
});
