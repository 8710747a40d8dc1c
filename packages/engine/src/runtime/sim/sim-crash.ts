/** Thrown by `fatal` of a simulated runtime: the node is dead from here on. */
export class SimulatedCrash extends Error {
  override readonly name = "SimulatedCrash";
}

/** Runs a piece of a simulated node. That the node stops itself there is no failure of the simulation. */
export function runOnNode(piece: () => void): void {
  try {
    piece();
  } catch (error) {
    if (!(error instanceof SimulatedCrash)) throw error;
  }
}
