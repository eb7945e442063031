/** One step of the full-size run in a process of its own: `node full-size-step.mjs BUILT STEP ARGUMENTS` (JSON), answered by a message. */
const [built, step, words] = process.argv.slice(2);
const steps = await import(built);
process.send(await steps[step](...JSON.parse(words)));
process.disconnect();
