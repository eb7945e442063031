/** `npm run schema`: writes models/manifest.schema.json, the treaty with the training kit, from src/shared/manifest.ts. */
import { join } from 'node:path';
import { runnerImport } from 'vite';
import * as z from 'zod';
import { writeOrCheck } from './freshness.mjs';
import { root } from './prepare.mjs';

/** @type {{ module: typeof import('../src/shared/manifest.ts') }} */
const { module } = await runnerImport(join(root, 'src', 'shared', 'manifest.ts'), { root, configFile: false, logLevel: 'error' });
const schema = z.toJSONSchema(module.manifestSchema, { io: 'input' });
writeOrCheck('models/manifest.schema.json', `${JSON.stringify({ title: 'Onestep model manifest', ...schema }, null, 2)}\n`);
