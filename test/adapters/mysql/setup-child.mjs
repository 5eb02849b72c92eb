// Runs setup in a process of its own, which ends without a word at the step `killAt`. Prints the steps it came to.
const { directory, params, killAt } = JSON.parse(process.env.SETUP_CHILD);
const { setupDatabase } = await import(`${directory}/adapters/mysql/setup.js`);
const nothing = () => {};
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const onStep = (name) => {
  process.stdout.write(`${name}\n`);
  if (name === killAt) process.kill(process.pid, 'SIGKILL');
};
await setupDatabase({ ...params, log, onStep });
