// What the pool's threads run. JavaScript, so that a thread can load it as it stands, compiled or not.
// @ts-check
import { hashSync as argon2HashSync, verifySync as argon2VerifySync } from '@node-rs/argon2';
import bcrypt from 'bcryptjs';

/**
 * @typedef {{ work: 'bcrypt', input: string, salt: string }
 *   | { work: 'argon2 hash', password: string, options: import('@node-rs/argon2').Options }
 *   | { work: 'argon2 verify', password: string, hash: string }} HashTask
 */

/** Does one piece of hashing. @param {HashTask} task @returns {string | boolean} */
export default function hashTask(task) {
  if (task.work === 'bcrypt') return bcrypt.hashSync(task.input, task.salt);
  if (task.work === 'argon2 hash') return argon2HashSync(task.password, task.options);
  return argon2VerifySync(task.hash, task.password);
}
