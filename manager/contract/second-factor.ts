// Beside a local user's password: time-based one-time codes (RFC 6238), and recovery codes. Append-only within /api/v1.
import { z } from 'zod'
import { userName } from '../protocol/accounts.ts'
import { NO_CONTENT, NOTHING, operation } from './operation.ts'
import { ACCOUNT, POOL } from './target.ts'

/** That is shown at a sign-in: six digits of an app, or a recovery code. */
export const shownCode = z.string().max(64)
const shownPassword = z.string().max(1024)

const state = z
  .object({
    /** `begun`: it does not count before a code has confirmed it. */
    state: z.enum(['off', 'begun', 'on']),
    /** That are not used yet. */
    recoveryCodes: z.number(),
  })
  .meta({ id: 'SecondFactor' })

export const secondFactor = {
  show: operation({
    http: 'GET /second-factor',
    role: 'viewer',
    summary: 'Whether you have a second factor, and how many recovery codes are left',
    input: NOTHING,
    output: state,
  }),
  begin: operation({
    http: 'POST /second-factor',
    role: 'viewer',
    status: 201,
    summary: 'Begin one: its secret, for an authenticator app, is told this once; it counts when a code has confirmed it',
    input: z.strictObject({ password: shownPassword }),
    output: z.object({ secret: z.string(), uri: z.string() }),
    on: () => ACCOUNT,
    did: () => 'begin a second factor',
  }),
  confirm: operation({
    http: 'POST /second-factor/confirm',
    role: 'viewer',
    summary: 'Confirm it by a code: from now on it is asked for; the recovery codes, each good once, are told this once',
    input: z.strictObject({ code: shownCode }),
    output: z.object({ recoveryCodes: z.array(z.string()) }),
    on: () => ACCOUNT,
    did: () => 'confirm their second factor',
  }),
  end: operation({
    http: 'POST /second-factor/end',
    role: 'viewer',
    summary: 'End your second factor, by your password and a code',
    input: z.strictObject({ password: shownPassword, code: shownCode }),
    output: state,
    on: () => ACCOUNT,
    did: () => 'end their second factor',
  }),
  reset: operation({
    http: 'DELETE /users/:name/second-factor',
    role: 'admin',
    summary: 'Take the second factor of a user away who has lost it',
    input: z.strictObject({ name: userName }),
    output: NO_CONTENT,
    on: () => POOL,
    did: ({ name }) => `reset the second factor of ${name}`,
  }),
}

export type SecondFactor = z.output<typeof state>
