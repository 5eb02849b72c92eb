import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootLog } from '../src/log.js';
import { itFull } from './support/full-disk.js';

const FORMS: [string, boolean][] = [
  ['as JSON', false],
  ['on a terminal', true],
];

/** What a log writes to a file. */
const written = (terminal: boolean): string => {
  const directory = mkdtempSync(join(tmpdir(), 'rowbridge-log-'));
  const file = join(directory, 'log');
  const fd = openSync(file, 'w');
  try {
    const log = rootLog('info', terminal, fd);
    log.debug('not to be seen');
    log.child({ feed: 'orders' }).info({ rows: 3 }, 'rows read');
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  }
};

describe('the operations log', () => {
  it('is one JSON object a line', () => {
    expect(JSON.parse(written(false))).toEqual({
      level: 30,
      time: expect.any(String),
      feed: 'orders',
      rows: 3,
      msg: 'rows read',
    });
  });

  it('is readable on a terminal', () => {
    expect(written(true)).toMatch(/^\S*\[\d\d:\d\d:\d\d\]\S* .*INFO.*rows read[\s\S]*feed.*"orders"[\s\S]*rows.*3/);
  });

  itFull.each(FORMS)('%s throws nothing into whoever logs while its disk is full', (_, terminal) => {
    const fd = openSync('/dev/full', 'w');
    try {
      const log = rootLog('info', terminal, fd);
      for (let line = 0; line < 3; line++) log.info({ line }, 'not to be written');
    } finally {
      closeSync(fd);
    }
  });
});
