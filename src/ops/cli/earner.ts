/** `npx palier earner ...`: what is held about a person. */
export { earnerErase } from './earner/erase.js';
export { earnerExport } from './earner/export.js';
export { earnerShow } from './earner/show.js';
