/**
 * Loaded into the program by NODE_OPTIONS, for faults that no signal and no server can make. Looks for files in FAULT_DIRECTORY:
 * - `before-append`: `stop`, `tear` or a number of milliseconds; taken once, before the next bytes go to a consumer log: the process
 *   stops itself, writes a part of them and kills itself, or waits. `met` says that it has happened.
 * - `clock`: milliseconds that the process's clock is off, looked at all the time.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const directory = process.env.FAULT_DIRECTORY;
const LOG = /consumer_log\.json$/;

const read = (name) => {
  try {
    return fs.readFileSync(join(directory, name), 'utf8').trim();
  } catch {
    return undefined;
  }
};

const beforeAppend = async (write, [bytes, at, length]) => {
  const wanted = read('before-append');
  if (wanted === undefined) return;
  fs.rmSync(join(directory, 'before-append'), { force: true });
  fs.writeFileSync(join(directory, 'met'), wanted);
  if (wanted === 'tear') {
    await write(bytes, at, length - 40);
    process.kill(process.pid, 'SIGKILL');
  }
  if (wanted === 'stop') process.kill(process.pid, 'SIGSTOP');
  else await new Promise((resolve) => setTimeout(resolve, Number(wanted)));
};

const { open } = fs.promises;
fs.promises.open = async (path, ...rest) => {
  const file = await open(path, ...rest);
  if (!LOG.test(String(path))) return file;
  const write = file.write.bind(file);
  file.write = async (...args) => {
    await beforeAppend(write, args);
    return write(...args);
  };
  return file;
};
syncBuiltinESMExports();

const RealDate = Date;
let offsetMs = 0;
const look = () => {
  offsetMs = Number(read('clock') ?? 0);
};
look();
setInterval(look, 50).unref();

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...args);
  }
  static now() {
    return RealDate.now() + offsetMs;
  }
};
