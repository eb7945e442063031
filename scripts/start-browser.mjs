/** `npm run start:browser -- …`: prepares the clone if needed, then serves the interface on 127.0.0.1 from this process. */
import { prepare, runBuilt, runProgram } from './prepare.mjs';

await runProgram(async () => {
  prepare();
  await runBuilt('web.js');
});
