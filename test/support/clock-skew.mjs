/** Preloaded into a process (`node --import`): its clock is off by `CLOCK_SKEW_MS`; what measures spans is not. */
const skewMs = Number(process.env.CLOCK_SKEW_MS ?? 0);
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + skewMs);
    else super(...args);
  }
  static now() {
    return Real.now() + skewMs;
  }
};
