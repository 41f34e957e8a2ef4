import type { Dialect } from './dialect.js';
import { flashback } from './flashback/index.js';
import { latchkey } from './latchkey/index.js';
import { pixyle } from './pixyle/index.js';
import { puppilot } from './puppilot/index.js';
import { px0 } from './px0/index.js';
import { pythOn } from './pyth-on/index.js';

/** Every dialect: the only list of them. The last one answers for what belongs to nobody. */
export const DIALECTS = [pythOn, px0, pixyle, puppilot, flashback, latchkey] as const satisfies Dialect[];
