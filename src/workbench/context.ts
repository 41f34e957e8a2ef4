import type { Context } from '../core/context.js';
import type { WorkbenchPorts } from './ports.js';

/** What every use case of the workbench works with. */
export interface WorkbenchContext extends Context {
  ports: WorkbenchPorts;
}
