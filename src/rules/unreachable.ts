/**
 * Stands where the compiler knows that nothing is left. Should something get here after all, nothing may be
 * made of it: a rule of an unknown form is not a rule that is met.
 * @throws TypeError always
 */
export function unreachable(value: never): never {
  throw new TypeError(`Nothing is of this form: ${JSON.stringify(value)}`);
}
