import base from '../../jest.config.mjs';

// No globalSetup: these tests bring servers of their own.
const { globalSetup: _, globalTeardown: __, ...rest } = base;

export default {
  ...rest,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/compose/*.check.ts'],
  testTimeout: 300_000,
};
