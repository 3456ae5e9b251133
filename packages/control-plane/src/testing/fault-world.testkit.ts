import type { Harness } from './harness.testkit.js';
import type { NodeSimulator } from './node-simulator.testkit.js';
import type { TestPackages } from './packages.testkit.js';

/** Where an action happens: use cases over a database, one node with two slots, and packages that end with the process. */
export interface FaultWorld {
  readonly h: Harness;
  readonly node: NodeSimulator;
  readonly packages: TestPackages;
}

/** What is there after the kill and a restart. */
export type VerifiedWorld = Pick<FaultWorld, 'h' | 'node'>;

/**
 * A mutating action, during which the control plane is killed at every place. A new action of the product is covered by one
 * more entry here.
 */
export interface FaultAction {
  readonly name: string;
  /** Brings the world to where the action begins; nothing is killed here. */
  prepare?(world: FaultWorld): Promise<unknown>;
  /** The action. Its result, as JSON, is what was acknowledged. */
  act(world: FaultWorld): Promise<unknown>;
  /** Runs after kill and restart if the action was acknowledged: throws when what was acknowledged is not there. */
  verify(world: VerifiedWorld, result: unknown): Promise<void>;
}
