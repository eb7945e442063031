/** `npm run schema`: writes models/manifest.schema.json, the treaty with the training kit, from src/shared/manifest.ts. */
import * as z from 'zod';
import { writeOrCheck } from './freshness.mjs';
import { sourceModule } from './source-module.mjs';

const { manifestSchema } = /** @type {typeof import('../src/shared/manifest.ts')} */ (await sourceModule('src/shared/manifest.ts'));
const schema = z.toJSONSchema(manifestSchema, { io: 'input' });
writeOrCheck('models/manifest.schema.json', `${JSON.stringify({ title: 'Onestep model manifest', ...schema }, null, 2)}\n`);
