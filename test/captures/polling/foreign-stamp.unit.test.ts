import { saysCascade } from '../../../src/captures/polling/foreign-stamp.js';

const table = (rules: string): string => `CREATE TABLE \`child\` (
  \`id\` int NOT NULL COMMENT 'CONSTRAINT \`x\` FOREIGN KEY (\`y\`) ON UPDATE CASCADE',
  PRIMARY KEY (\`id\`),
  CONSTRAINT \`fk\` FOREIGN KEY (\`pid\`) REFERENCES \`parent\` (\`id\`)${rules}
) ENGINE=InnoDB`;

describe('a table as the server words it', () => {
  it.each(['ON UPDATE CASCADE', 'ON UPDATE SET NULL', 'ON DELETE SET NULL', 'ON DELETE RESTRICT ON UPDATE CASCADE'])(
    'cascades with %s',
    (rules) => expect(saysCascade(table(` ${rules}`))).toBe(true),
  );

  it.each(['', 'ON DELETE CASCADE', 'ON UPDATE RESTRICT', 'ON DELETE CASCADE ON UPDATE NO ACTION'])(
    "does not with '%s': no row of it changes",
    (rules) => expect(saysCascade(table(` ${rules}`))).toBe(false),
  );
});
