const isThere = process.platform === 'linux';
if (!isThere) process.stderr.write('skipped: tests with /dev/full, which only Linux has\n');

/** Tests whose output goes to a disk that is always full. */
export const [itFull, describeFull] = isThere ? [it, describe] : [it.skip, describe.skip];
