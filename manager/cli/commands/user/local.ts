// `hostless user add NAME --local`: on the manager's own machine, straight into its database, whether the manager runs or not.
// For the first admin, and for a password or a second factor that was lost.
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Log } from '../../../../appliance/wire/log.ts'
import { after } from '../../../../appliance/wire/timers.ts'
import { openAccess } from '../../../access/service.ts'
import { users } from '../../../contract/access.ts'
import type { Role } from '../../../protocol/accounts.ts'
import { type DataPlace, visitData } from '../../../store/open.ts'
import { giveToOwner } from '../../../store/ownership.ts'
import { dataPlaceOf } from '../../engine/data-place.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { newPassword } from '../../engine/new-password.ts'
import type { Terminal } from '../../engine/output/output.ts'
import type { Prompt } from '../../engine/prompt.ts'
import type { DataDirOptions } from '../image/options.ts'

export interface LocalUserOptions extends DataDirOptions {
  /** Left out: a user who is there keeps theirs. */
  readonly role?: string
}

export interface LocalUserDeps {
  readonly out: Terminal
  readonly log: Log
  readonly prompt: Prompt
}

/** The action of `user add NAME --local`, with `--role`, and `--config` or `--data-dir`. */
export async function localUserAdd(name: string, options: LocalUserOptions, { out, log, prompt }: LocalUserDeps): Promise<void> {
  const place = await dataPlaceOf(options)
  const named = users.add.input.pick({ name: true, role: true }).partial({ role: true }).safeParse({ name, role: options.role })
  if (!named.success) throw new CommandFailure(wording(named.error.issues), 2)
  const password = await newPassword(name, prompt)
  out.write(`${await addLocalUser(place, named.data.name, named.data.role, password, log)}\n`)
}

/** The action of `user totp reset NAME --local`. */
export async function localTotpReset(names: readonly string[], options: LocalUserOptions, { out, log }: LocalUserDeps): Promise<void> {
  const [name = ''] = names
  if (names.length !== 1) throw new CommandFailure('--local is of one user', 2)
  const place = await dataPlaceOf(options)
  const store = await visitData(place, log)
  try {
    const access = openAccess({ store, now: Date.now, elapsed: () => performance.now(), random: randomBytes, after, log })
    const answer = await access.resetSecondFactor(name)
    if (answer.kind === 'refused') throw new CommandFailure(answer.reason, answer.status === 404 ? 4 : 1)
    const what = `reset the second factor of ${name}`
    await access.audit({ who: 'local', peer: 'local', what })
    out.write(`${what}\n`)
  } finally {
    await store.close()
    await giveToOwner(place.dataDir)
  }
}

/** Adds a user, or gives one that is there this password, which ends what the old one let in. Resolves with what was done. */
export async function addLocalUser(place: DataPlace, name: string, role: Role | undefined, password: string, log: Log): Promise<string> {
  const store = await visitData(place, log)
  try {
    const access = openAccess({ store, now: Date.now, elapsed: () => performance.now(), random: randomBytes, after, log })
    const known = (await access.users()).find((user) => user.name === name)
    const answer = known ? await access.changeUser(name, { password, role }) : await access.addUser(name, password, needed(role, name))
    if (answer.kind === 'refused') throw new CommandFailure(answer.reason)
    const what = known
      ? `gave ${name} (${answer.value.role}) a new password: what the old one let in has ended`
      : `added ${name} (${answer.value.role})`
    await access.audit({ who: 'local', peer: 'local', what })
    return what
  } finally {
    await store.close()
    await giveToOwner(place.dataDir)
  }
}

function needed(role: Role | undefined, name: string): Role {
  if (role === undefined) throw new CommandFailure(`there is no user ${name}: to add one, say --role admin, operator or viewer`, 2)
  return role
}

function wording(issues: readonly { readonly message: string }[]): string {
  return issues.map(({ message }) => message).join(', ')
}
