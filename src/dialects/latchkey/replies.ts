/** Said whatever comes of it: a stranger learns nothing of who has an account. */
export const ACCEPTED: { status: 202; body: { status: 'accepted' } } = { status: 202, body: { status: 'accepted' } };

/** It is done, and there is nothing to say of it. */
export const DONE: { status: 204; body: undefined } = { status: 204, body: undefined };
