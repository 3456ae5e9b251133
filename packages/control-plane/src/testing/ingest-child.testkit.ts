import { openFsStore } from '../storage/fs-store.js';
import { createIngest } from '../storage/ingest.js';

/** An ingest to be killed: writes its progress to standard output, line by line. */
const [objects, archivePath] = process.argv.slice(2);
if (objects === undefined || archivePath === undefined) throw new Error('usage: ingest-child <objects> <archive>');
const ingest = createIngest(await openFsStore(objects));
await ingest({ archivePath, onProgress: (fraction) => process.stdout.write(`${fraction}\n`) });
