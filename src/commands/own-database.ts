import { getConfig, type DatabaseConfig } from '../config/config.js';

/** The embedded PostgreSQL of this folder, whatever the environment names. */
export const embeddedDatabase = (): DatabaseConfig =>
  getConfig({ env: {}, envFile: null, regions: 'optional' }).database;
