export { setup as default } from './server-host.mjs';
