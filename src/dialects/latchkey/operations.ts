import type { OperationsOf } from '../dialect.js';
import { account } from './operations/account.js';
import { apiKeys } from './operations/api-keys.js';
import { operators } from './operations/operators.js';
import { service } from './operations/service.js';
import { sessions } from './operations/sessions.js';
import { tokens } from './operations/tokens.js';

/** One handler for each operation of the contract: a file for each of its groups. */
export const operations: OperationsOf<'latchkey'> = { ...service, ...account, ...sessions, ...apiKeys, ...operators, ...tokens };
