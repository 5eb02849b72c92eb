import { type Connection } from '../../adapters/mysql/connect.js';
