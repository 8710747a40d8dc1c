/**
 * A broken promise between two pieces of our own code. Nothing below `node/` catches it: the
 * process stops, because a database that goes on after one is no longer telling the truth.
 */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

/** States what must hold. Stays on in production. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}

/** Marks a branch the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`unexpected value ${JSON.stringify(value)}`);
}
