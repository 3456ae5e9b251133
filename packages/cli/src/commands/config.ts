import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { annotateConfig } from '../config/annotate.js';
import { defaultConfig, defaultConfigFile } from '../config/load.js';

/** Options of `cloudstage config init`. */
export interface ConfigInitOptions {
  readonly file?: string;
  readonly force?: boolean;
}

/** Text of the annotated default file. PURE. */
export function defaultConfigText(): string {
  const header = [
    'Cloudstage configuration. Every key is optional; the values below are the defaults.',
    'Environment variables win over this file. "npm start -- --print-config" shows what is in force.',
  ];
  return annotateConfig({ header, values: defaultConfig() });
}

/** Writes the annotated default file. @throws AppError `file-exists` */
export function runConfigInit(options: ConfigInitOptions): number {
  const path = resolve(options.file ?? defaultConfigFile);
  if (existsSync(path) && options.force !== true) {
    throw new AppError('file-exists', `${path} exists. Add --force to write over it.`);
  }
  writeFileSync(path, defaultConfigText());
  process.stdout.write(`Written: ${path}\n`);
  return 0;
}
