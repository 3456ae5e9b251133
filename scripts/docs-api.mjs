import { writeFileSync } from 'node:fs';
import { renderApiReference } from '../packages/cloud-api/dist/reference/api-reference.js';

/** `npm run docs:api`: writes docs/reference/cloud-api.md from the schemas, which must be built. */
writeFileSync(new URL('../docs/reference/cloud-api.md', import.meta.url), renderApiReference());
