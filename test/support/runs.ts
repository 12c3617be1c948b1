/**
 * How often a property is tried: as often as it asks for under `npm run test:full`, else `usual` times at most.
 * `PROPERTY_RUNS` says otherwise. What fails tells its seed.
 * @param usual more for one that counts what is rare
 */
export const runs = (wanted: number, usual = 150): number =>
  Math.min(wanted, Number(process.env['PROPERTY_RUNS'] ?? usual));
