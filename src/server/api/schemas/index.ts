export { trust } from './basics.js';
export * from './access.js';
export * from './runs.js';
export * from './sales.js';
export * from './tickets.js';
