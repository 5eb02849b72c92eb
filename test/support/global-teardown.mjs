export { teardown as default } from './server-host.mjs';
