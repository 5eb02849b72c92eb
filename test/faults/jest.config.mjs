import { fileURLToPath } from 'node:url';
import base from '../../jest.config.mjs';

/** The fault suite: `npm run test:faults`, or `npx jest --config test/faults/jest.config.mjs <name>`. */
export default {
  ...base,
  rootDir: fileURLToPath(new URL('../..', import.meta.url)),
  testMatch: ['<rootDir>/test/faults/**/*.fault.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
  maxWorkers: 1,
};
